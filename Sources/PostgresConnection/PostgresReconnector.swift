public import Logging
import Synchronization

/// Keeps one connection at hand: makes it when first asked, and anew after it was lost, however long that takes.
///
/// What was under way on a lost connection has failed there, and is not repeated.
public final class PostgresReconnector: Sendable {
    /// How long to wait before the next attempt.
    public struct Backoff: Sendable {
        /// After the first failure; twice as long after each other.
        public var first: Duration = .milliseconds(100)
        public var cap: Duration = .seconds(15)
        /// By which share of it a wait is made longer or shorter at random, so that not all come at once.
        public var jitter = 0.2

        public init() {}

        /// The wait after so many failures, from 1.
        func wait(after failures: Int) -> Duration {
            let full = min(cap, first * (1 << min(failures - 1, 30)))
            return full * Double.random(in: 1 - jitter...1 + jitter)
        }
    }

    private let configuration: PostgresConfiguration
    private let backoff: Backoff
    private let logger: Logger
    private let turnstile = Turnstile()
    private let state = Mutex(State())

    private struct State {
        var connection: PostgresConnection?
        var isClosed = false
    }

    public init(_ configuration: PostgresConfiguration, backoff: Backoff = Backoff(), logger: Logger) {
        self.configuration = configuration
        self.backoff = backoff
        self.logger = logger
    }

    /// An open connection. Those who ask while it is being made wait for the same one.
    ///
    /// Tries until it succeeds; throws ``PostgresError`` when the calling task is cancelled, after ``close()``, and for
    /// what will not pass by waiting: an unreadable URL, refused credentials (class 28), an unknown database (3D000), a
    /// missing right to connect (42501).
    public func connection() async throws -> PostgresConnection {
        if let connection = try current() { return connection }
        try await turnstile.enter()
        defer { turnstile.leave() }
        var failures = 0
        while true {
            if let connection = try current() { return connection }
            do {
                return try await keep(PostgresConnection.connect(configuration, logger: logger))
            } catch let error as PostgresError where !isFinal(error) {
                failures += 1
                let wait = backoff.wait(after: failures)
                logger.warning("no connection to Postgres", metadata: ["error": "\(error)", "retry_in": "\(wait)"])
                try await pause(wait)
            }
        }
    }

    /// Closes the connection that is at hand; there will be no other.
    public func close() async {
        let connection = state.withLock { state in
            state.isClosed = true
            return state.connection
        }
        await connection?.close()
    }

    private func current() throws -> PostgresConnection? {
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            if let connection = state.connection, connection.isOpen { return connection }
            state.connection = nil
            return nil
        }
    }

    private func keep(_ connection: PostgresConnection) async throws -> PostgresConnection {
        let isKept = state.withLock { state in
            if !state.isClosed { state.connection = connection }
            return !state.isClosed
        }
        guard isKept else {
            await connection.close()
            throw Self.closed
        }
        return connection
    }

    private func isFinal(_ error: PostgresError) -> Bool {
        if error.code == .canceled || error.code == .closed || configuration.problem != nil { return true }
        return error.sqlState.map { $0.hasPrefix("28") || ["3D000", "42501"].contains($0) } ?? false
    }

    private func pause(_ wait: Duration) async throws {
        do {
            try await Task.sleep(for: wait)
        } catch {
            throw PostgresError(code: .canceled, message: "the task was cancelled while connecting")
        }
    }

    private static let closed = PostgresError(code: .closed, message: "the reconnector is closed")
}
