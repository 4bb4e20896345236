internal import CLibPQ
import Foundation
import Logging
import Synchronization

/// A server session on a thread of its own. Everything that touches libpq runs on that thread, which waits in `poll`:
/// for the socket, for new jobs, for deadlines. So libpq may block, and no thread of the cooperative pool does.
final class Session: @unchecked Sendable {
    let mailbox: Mailbox
    let logger: Logger
    let preparesStatements: Bool
    let listeners = Listeners()
    /// What others may ask at any time.
    let isOpen = Atomic<Bool>(false)

    // Only for the session's own thread, from here on.
    var handle: OpaquePointer?
    var prepared: [String: String] = [:]

    init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        mailbox = try Mailbox()
        preparesStatements = configuration.preparedStatements
        self.logger = logger
    }

    /// Runs the thread until the mailbox is closed.
    func start() {
        let thread = Thread { [self] in serve() }
        thread.name = "quoll-postgres"
        thread.start()
    }

    private func serve() {
        while let jobs = mailbox.take() {
            for job in jobs { job() }
            deliverNotifications()
            if jobs.isEmpty { idle() }
        }
        finish(PostgresError(code: .closed, message: "the connection was closed"))
    }

    /// Waits for a job, and meanwhile for notifications and for the end of the connection.
    private func idle() {
        let event = wait(for: handle == nil ? [] : [.readable], until: nil)
        guard event.contains(.readable), let handle else { return }
        if PQconsumeInput(handle) == 0 {
            finish(lost())
        } else {
            deliverNotifications()
        }
    }

    func deliverNotifications() {
        guard let handle else { return }
        while let notification = PQnotifies(handle) {
            listeners.deliver(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
    }

    /// Ends the session, and tells who waits for notifications why.
    func finish(_ error: PostgresError) {
        isOpen.store(false, ordering: .releasing)
        guard let handle else { return }
        PQfinish(handle)
        self.handle = nil
        prepared = [:]
        listeners.finish(error)
    }

    /// What libpq says about a connection that is gone.
    func lost() -> PostgresError {
        let said = handle.map { String(cString: PQerrorMessage($0)).oneLine } ?? ""
        return PostgresError(code: .connection, message: said.isEmpty ? "the connection was lost" : said)
    }

    struct Events: OptionSet {
        let rawValue: Int
        static let readable = Events(rawValue: 1)
        static let writable = Events(rawValue: 2)
        static let called = Events(rawValue: 4)
    }

    /// Waits for the socket, a call or a deadline; empty for the deadline.
    func wait(for wanted: Events, until deadline: ContinuousClock.Instant?) -> Events {
        var descriptors = [pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        if !wanted.isEmpty, let handle {
            let events = (wanted.contains(.readable) ? POLLIN : 0) | (wanted.contains(.writable) ? POLLOUT : 0)
            descriptors.append(pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0))
        }
        let patience = deadline.map { max(0, ($0 - .now) / .milliseconds(1)).rounded(.up) } ?? -1
        guard poll(&descriptors, nfds_t(descriptors.count), Int32(min(patience, 1_000_000))) > 0 else { return [] }
        var events: Events = []
        if descriptors[0].revents != 0 {
            mailbox.drain()
            events.insert(.called)
        }
        if descriptors.count > 1 {
            let happened = Int32(descriptors[1].revents)
            if happened & (POLLIN | POLLHUP | POLLERR) != 0 { events.insert(.readable) }
            if happened & POLLOUT != 0 { events.insert(.writable) }
        }
        return events
    }
}

extension String {
    /// The lines of a message as one.
    var oneLine: String {
        split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }
}
