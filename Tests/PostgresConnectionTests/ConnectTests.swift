import Foundation
import PostgresConnection
import TestSupport
import Testing

struct ConnectTests {
    @Test func `a connection knows its server and its process`() async throws {
        let connection = try await connect()
        #expect(connection.isOpen)
        #expect(connection.serverVersion >= 140_000)
        #expect(try await connection.value("select pg_backend_pid()") == String(connection.backendPID))
        #expect(try await connection.value("show application_name") == "quoll")
        await connection.close()
        #expect(!connection.isOpen)
        let late = await error { try await connection.query("select 1") }
        #expect(late?.code == .closed)
    }

    @Test func `no server is an error of one line`() async throws {
        let refused = await error { _ = try await connect(to: "postgresql:///x?host=/nonexistent&port=5432") }
        #expect(refused?.code == .connection)
        #expect(refused?.message.contains("/nonexistent") == true)
        #expect(refused?.message.contains("\n") == false)
    }

    @Test func `an unknown database is 3D000`() async throws {
        let url = try await TestCluster.shared().url(database: "nowhere")
        let refused = await error { _ = try await connect(to: url) }
        #expect(refused?.sqlState == "3D000")
        #expect(refused?.message.contains("database \"nowhere\" does not exist") == true)
    }

    @Test func `a wrong password is 28P01, and none too; neither message tells it`() async throws {
        let rules = FileManager.default.temporaryDirectory.appending(path: "hba-\(UUID().uuidString)")
        try "local all ann scram-sha-256\nlocal all all trust\n".write(to: rules, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: rules) }
        let cluster = try await PrivateCluster(settings: ["hba_file=\(rules.path)"])
        try await connect(to: cluster.url).execute("create role ann login password 'right'")
        let wrong = await error { _ = try await connect(to: cluster.url(role: "ann", password: "wrong-secret")) }
        #expect(wrong?.sqlState == "28P01")
        #expect(wrong?.message.contains("secret") == false)
        let none = await error { _ = try await connect(to: cluster.url(role: "ann")) }
        #expect(none?.sqlState == "28P01")
        #expect(try await connect(to: cluster.url(role: "ann", password: "right")).isOpen)
    }

    @Test func `a server that says nothing is given up in time, and a cancelled task does not wait for it`()
        async throws
    {
        let silent = try SilentServer()
        var configuration = PostgresConfiguration(url: "postgresql://127.0.0.1:\(silent.port)/x")
        configuration.connectTimeout = .milliseconds(300)
        let impatient = configuration
        let start = ContinuousClock.now
        let late = await error { _ = try await PostgresConnection.connect(impatient, logger: quiet) }
        #expect(late?.code == .timeout)
        configuration.connectTimeout = .seconds(60)
        let patient = configuration
        let task = Task { try await PostgresConnection.connect(patient, logger: quiet) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let cancelled = await error { _ = try await task.value }
        #expect(cancelled?.code == .canceled)
        #expect(ContinuousClock.now - start < .seconds(55))
    }

    @Test(arguments: [
        "postgresql://ann:hush%zz@host/db", "postgresql://ann:hush@[::1", "password='hush", "password=x hush",
        "postgresql://ann:hush/hush@host/db", "postgresql://ann:p@hush@nohost.invalid/db",
    ])
    func `an unreadable URL does not give its password away`(url: String) async throws {
        let unreadable = await error { _ = try await connect(to: url) }
        #expect(unreadable?.code == .connection)
        #expect(unreadable?.message.contains("hush") == false, "\(unreadable?.message ?? "")")
    }

    @Test func `a configuration is printed without its URL`() {
        let configuration = PostgresConfiguration(url: "postgresql://ann:hush@host/db")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("hush"))
    }

    @Test func `the URL's own settings override the defaults`() async throws {
        let url = try await TestCluster.shared().url() + "&application_name=mine"
        #expect(try await connect(to: url).value("show application_name") == "mine")
    }
}

/// Takes connections and never says a word.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        try #require(isListening)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
