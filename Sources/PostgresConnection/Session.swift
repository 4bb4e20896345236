internal import CLibPQ
import Foundation
import Logging
import Synchronization

/// A server session on a thread of its own. Everything that touches libpq runs on that thread, which waits in `poll`:
/// for the socket, for calls, for deadlines. So libpq may block, and no thread of the cooperative pool does.
final class Session: @unchecked Sendable {
    let inbox: Inbox
    let logger: Logger
    let listeners = Listeners()
    /// What others may ask at any time.
    let isOpen = Atomic<Bool>(false)
    private let lastScope = Atomic<Int>(0)

    // Only for the session's own thread, from here on.
    var handle: OpaquePointer?
    var preparesStatements: Bool
    /// The statements that the server knows, and by which names.
    var prepared: [String: String] = [:]
    /// The open transactions, each within the one before it.
    var scopes: [Int] = []
    /// What the server said when it ended the session, if it did.
    var lastWords: PostgresError?
    /// Why there is no connection any more.
    private var ending: PostgresError?

    init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        inbox = try Inbox()
        preparesStatements = configuration.preparedStatements
        self.logger = logger
    }

    /// A number for one more transaction.
    func newScope() -> Int { lastScope.add(1, ordering: .relaxed).newValue }

    /// Runs the thread until the inbox is closed.
    func start() {
        let thread = Thread { [self] in serve() }
        thread.name = "quoll-postgres"
        thread.start()
    }

    private func serve() {
        while true {
            switch inbox.next(scopes) {
            case .task(let task): task.runSynchronously(on: asUnownedTaskExecutor())
            case .call(let call):
                call.run()
                deliverNotifications()
            case .nothing: idle()
            case .end: return finish(PostgresError(code: .closed, message: "the connection was closed"))
            }
        }
    }

    /// Waits for something to do, and meanwhile for notifications and for the end of the connection.
    private func idle() {
        let event = wait(for: handle == nil ? [] : [.readable], until: nil)
        guard event.contains(.readable), let handle else { return }
        if PQconsumeInput(handle) == 0 {
            finish(lost())
        } else {
            deliverNotifications()
        }
    }

    private func deliverNotifications() {
        guard let handle else { return }
        while let notification = PQnotifies(handle) {
            listeners.deliver(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
    }

    /// Ends the session, and tells who waits for notifications why. Whoever calls later hears it, too.
    func finish(_ error: PostgresError) {
        guard let handle else { return }
        isOpen.store(false, ordering: .releasing)
        PQfinish(handle)
        self.handle = nil
        prepared = [:]
        scopes = []
        ending = error
        if error.code != .closed { logger.warning("connection to Postgres ended", metadata: ["error": "\(error)"]) }
        listeners.finish(error)
    }

    func openHandle() throws(PostgresError) -> OpaquePointer {
        if let handle { return handle }
        let why = ending.map { $0.code == .closed ? "" : ": \($0.message)" } ?? ""
        throw PostgresError(code: .closed, sqlState: ending?.sqlState, message: "the connection is closed" + why)
    }

    /// Why the connection is gone: what the server said, else what libpq says.
    func lost() -> PostgresError {
        if let lastWords { return lastWords }
        let said = handle.map { String(cString: PQerrorMessage($0)).oneLine } ?? ""
        return PostgresError(code: .connection, message: said.isEmpty ? "the connection was lost" : said)
    }
}

/// Tasks that prefer this executor run between the calls, on the session's thread: a call from such a task needs no
/// other thread.
extension Session: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !inbox.add(job) {
            DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}

extension String {
    /// The lines of a message as one.
    var oneLine: String {
        split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }
}
