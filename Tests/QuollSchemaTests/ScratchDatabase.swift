import Logging
import PostgresConnection
import QuollSchema
import TestSupport
import Testing

/// An empty database for one test, on the cluster that the tests share.
struct ScratchDatabase {
    let url: String

    /// Makes one; with Quoll in it, installed by this binary, when asked.
    init(installed: Bool = false) async throws {
        url = try await TestCluster.shared().makeDatabase(installed: false)
        if installed { #expect(try await install() == .install) }
    }

    @discardableResult
    func install(_ source: SchemaSource = .embedded) async throws -> InstallPlan {
        try await withInstaller(source) { try await $0.install() }
    }

    func verify() async throws -> [String] {
        try await withInstaller { try await $0.verify() }.map(\.description)
    }

    func schema() async throws -> DatabaseState.Schema {
        try await withInstaller { try await $0.status() }.schema
    }

    /// Runs `body` with an installer on a connection of its own.
    func withInstaller<T: Sendable>(
        _ source: SchemaSource = .embedded, _ body: (Installer) async throws -> T
    ) async throws -> T {
        try await Self.withInstaller(url, source, body)
    }

    static func withInstaller<T: Sendable>(
        _ url: String, _ source: SchemaSource = .embedded, _ body: (Installer) async throws -> T
    ) async throws -> T {
        let configuration = PostgresConfiguration(url: url)
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let connection = try await PostgresConnection.connect(configuration, logger: silent)
        do {
            let value = try await body(Installer(connection: connection, source: source))
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Runs a script that must succeed, through psql; returns what it printed, one value a line.
    @discardableResult
    func sql(_ script: String) async throws -> [String] {
        let outcome = try await Command.psql(url, script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }
}
