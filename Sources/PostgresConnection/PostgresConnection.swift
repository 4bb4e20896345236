internal import CLibPQ
public import Logging
import Synchronization

/// A connection to a Postgres server, over libpq. Any number of tasks may use it: their statements run one after the
/// other. Nothing here blocks a thread of the cooperative pool.
///
/// A cancelled task and a passed timeout cancel the statement on the server. A lost connection is not replaced: see
/// ``PostgresReconnector``.
public final class PostgresConnection: Sendable {
    let session: Session
    let gate = Gate()
    /// How deep in transactions this one is: 0 outside.
    let depth: Int

    /// The server's version as libpq tells it: 150018 for 15.18.
    public let serverVersion: Int
    /// The server process, as in `pg_stat_activity.pid`.
    public let backendPID: Int32

    private init(_ session: Session, serverVersion: Int, backendPID: Int32, depth: Int) {
        self.session = session
        self.serverVersion = serverVersion
        self.backendPID = backendPID
        self.depth = depth
    }

    deinit {
        if depth == 0 { session.mailbox.close() }
    }

    /// Connects. Throws ``PostgresError`` with code `connection` (and the SQLSTATE, where the server refused),
    /// `timeout` or `canceled`.
    public static func connect(
        _ configuration: PostgresConfiguration, logger: Logger
    ) async throws -> PostgresConnection {
        let session = try Session(configuration, logger: logger)
        session.start()
        do {
            let (version, process) = try await session.perform(timeout: configuration.connectTimeout) {
                session, request in
                try session.connect(configuration, request)
                return (Int(PQserverVersion(session.handle)), PQbackendPID(session.handle))
            }
            return PostgresConnection(session, serverVersion: version, backendPID: process, depth: 0)
        } catch {
            session.mailbox.close()
            throw error
        }
    }

    /// The same session, for the body of a transaction.
    func nested() -> PostgresConnection {
        PostgresConnection(session, serverVersion: serverVersion, backendPID: backendPID, depth: depth + 1)
    }

    /// False once the connection was closed or found lost.
    public var isOpen: Bool { session.isOpen.load(ordering: .acquiring) }

    /// Ends the session after the statements that were asked for before.
    public func close() async {
        try? await session.perform(timeout: nil, cancellable: false) { session, _ in
            session.finish(PostgresError(code: .closed, message: "the connection was closed"))
        }
        session.mailbox.close()
    }
}

extension Session {
    /// Runs a job on the session's thread. A cancelled task cancels it, unless it is to be done in any case.
    func perform<Value: Sendable>(
        timeout: Duration?, cancellable: Bool = true,
        _ job: @escaping @Sendable (Session, Request) throws -> Value
    ) async throws -> Value {
        let request = Request(timeout: timeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let accepted = mailbox.post {
                    continuation.resume(
                        with: Result {
                            if let verdict = request.verdict {
                                throw PostgresError(code: verdict, message: "\(verdict) before it was sent")
                            }
                            return try job(self, request)
                        })
                }
                if !accepted {
                    continuation.resume(throwing: PostgresError(code: .closed, message: "the connection is closed"))
                }
            }
        } onCancel: {
            guard cancellable else { return }
            request.cancel()
            mailbox.wake()
        }
    }
}
