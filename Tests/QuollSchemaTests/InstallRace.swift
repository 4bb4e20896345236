import Logging
import PostgresConnection
import QuollSchema
import TestSupport
import Testing

/// Installers on one database, each in a session of its own, stopped and released one step at a time.
///
/// A script that holds ``gate`` stops there, inside its transaction, until ``open()``.
final class InstallRace: Sendable {
    /// What came of one installer's action.
    enum Outcome: Equatable, Sendable {
        case did(InstallPlan)
        case refused(InstallerError.Code)
    }

    /// An action that goes on beside the test.
    struct Runner: Sendable {
        let pid: Int32
        let outcome: Task<Outcome, any Error>
    }

    /// Where a script waits for the test.
    static let gate = "set local lock_timeout = 0; select pg_catalog.pg_advisory_xact_lock_shared(1);"

    let database: ScratchDatabase
    /// Holds the gate, and sees who waits for whom.
    private let control: PostgresConnection

    init(installed: Bool) async throws {
        // an install held up here would hold up those of other tests while it makes the cluster's roles
        _ = try await TestCluster.shared().makeDatabase(installed: true)
        database = try await ScratchDatabase(installed: installed)
        control = try await Self.connect(database.url)
        try await control.execute("select pg_advisory_lock(1)")
    }

    private static func connect(_ url: String) async throws -> PostgresConnection {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: silent)
    }

    /// Begins an action in a session of its own.
    func start(
        _ source: SchemaSource = .embedded, _ action: @escaping @Sendable (Installer) async throws -> InstallPlan
    ) async throws -> Runner {
        let connection = try await Self.connect(database.url)
        let outcome = Task {
            let outcome: Outcome
            do {
                outcome = .did(try await action(Installer(connection: connection, source: source)))
            } catch let error as InstallerError {
                outcome = .refused(error.code)
            }
            await connection.close()
            return outcome
        }
        return Runner(pid: connection.backendPID, outcome: outcome)
    }

    /// Waits until an installer stands at the gate.
    func arrives(_ runner: Runner) async throws {
        try await waits(runner.pid, for: control.backendPID)
    }

    /// Waits until one installer waits for a lock of another.
    func waits(_ runner: Runner, for other: Runner) async throws {
        try await waits(runner.pid, for: other.pid)
    }

    /// Waits until an installer waits for a lock of a session that is none.
    func waits(_ runner: Runner, for other: PostgresConnection) async throws {
        try await waits(runner.pid, for: other.backendPID)
    }

    private func waits(_ pid: Int32, for other: Int32) async throws {
        let isSo = try await eventually(within: .seconds(60)) {
            try await control.query("select 1 where \(other) = any(pg_blocking_pids(\(pid)))").count == 1
        }
        try #require(isSo, "session \(pid) does not wait for \(other)")
    }

    func open() async throws { try await control.execute("select pg_advisory_unlock(1)") }

    /// Ends an installer's session as an administrator does.
    func kill(_ runner: Runner) async throws {
        try await control.execute("select pg_terminate_backend(\(runner.pid))")
    }

    /// Runs one statement beside the installers.
    func ask(_ statement: String) async throws -> [String?] {
        try await control.query(statement, timeout: .seconds(60)).map { $0[0] }
    }

    /// A session that is no installer's.
    func producer() async throws -> PostgresConnection { try await Self.connect(database.url) }

    func close() async { await control.close() }
}
