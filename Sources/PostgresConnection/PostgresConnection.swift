internal import CLibPQ
public import Logging
import Synchronization

/// A connection to a Postgres server, over libpq. Any number of tasks may use it: their statements run one after the
/// other. Nothing here blocks a thread of the cooperative pool.
///
/// A cancelled task and a passed timeout cancel the statement on the server. A lost connection is not replaced: see
/// ``PostgresReconnector``. It is closed when nobody refers to it any more.
public final class PostgresConnection: Sendable {
    let session: Session
    /// The transaction whose connection this is; 0 outside.
    let scope: Int

    /// The server's version as libpq tells it: 150018 for 15.18.
    public let serverVersion: Int
    /// The server process, as in `pg_stat_activity.pid`.
    public let backendPID: Int32

    private init(_ session: Session, serverVersion: Int, backendPID: Int32) {
        self.session = session
        self.serverVersion = serverVersion
        self.backendPID = backendPID
        scope = 0
    }

    /// The same session, for the body of a transaction.
    init(_ outer: PostgresConnection, scope: Int) {
        session = outer.session
        serverVersion = outer.serverVersion
        backendPID = outer.backendPID
        self.scope = scope
    }

    deinit {
        if scope == 0 { session.inbox.close() }
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
                let handle = try session.connect(configuration, request)
                return (Int(PQserverVersion(handle)), PQbackendPID(handle))
            }
            return PostgresConnection(session, serverVersion: version, backendPID: process)
        } catch {
            session.inbox.close()
            throw error
        }
    }

    /// False once the connection was closed or found lost.
    public var isOpen: Bool { session.isOpen.load(ordering: .acquiring) }

    /// The connection's own thread. A task that prefers it, by `withTaskExecutorPreference`, makes its calls without a
    /// change of threads, which is faster; it must not block that thread.
    public var executor: any TaskExecutor { session }

    /// Ends the session after the statements that were asked for before.
    public func close() async {
        try? await session.perform(scope: scope, timeout: nil, cancellable: false) { session, _ in
            session.finish(PostgresError(code: .closed, message: "the connection was closed"))
        }
        session.inbox.close()
    }
}
