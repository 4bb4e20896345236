import PostgresConnection
import TestSupport
import Testing

struct ReconnectorTests {
    private func makeReconnector(_ url: String) -> PostgresReconnector {
        var backoff = PostgresReconnector.Backoff()
        backoff.first = .milliseconds(20)
        backoff.cap = .milliseconds(200)
        return PostgresReconnector(PostgresConfiguration(url: url), backoff: backoff, logger: quiet)
    }

    @Test func `all who ask get one connection, and a new one after it was lost`() async throws {
        let reconnector = makeReconnector(try await TestCluster.shared().url())
        let first = try await reconnector.connection()
        let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<10 { group.addTask { try await reconnector.connection().backendPID } }
            return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
        }
        #expect(processes == [first.backendPID])
        let lost = await error { try await first.query("select pg_terminate_backend(pg_backend_pid())") }
        #expect(lost?.code == .connection)
        let second = try await reconnector.connection()
        #expect(second.backendPID != first.backendPID)
        #expect(try await second.value("select 1") == "1")
        await reconnector.close()
        #expect(!second.isOpen)
        let closed = await error { _ = try await reconnector.connection() }
        #expect(closed?.code == .closed)
    }

    @Test func `it waits for a server that is restarted`() async throws {
        let cluster = try await PrivateCluster()
        let reconnector = makeReconnector(cluster.url)
        let first = try await reconnector.connection()
        try await cluster.kill()
        #expect(try await eventually { !first.isOpen })
        let asking = (0..<3).map { _ in Task { try await reconnector.connection() } }
        let impatient = Task { try await reconnector.connection() }
        try await Task.sleep(for: .milliseconds(300))
        impatient.cancel()
        let cancelled = await error { _ = try await impatient.value }
        #expect(cancelled?.code == .canceled)
        try await cluster.start()
        for task in asking { #expect(try await task.value.value("select 1") == "1") }
    }

    @Test(arguments: ["postgresql://x:y@[", "no such option=1"])
    func `what waiting does not mend is thrown at once`(url: String) async throws {
        let unreadable = await error { _ = try await makeReconnector(url).connection() }
        #expect(unreadable?.code == .connection)
        let unknown = try await TestCluster.shared().url(database: "nowhere")
        let refused = await error { _ = try await makeReconnector(unknown).connection() }
        #expect(refused?.sqlState == "3D000")
    }
}
