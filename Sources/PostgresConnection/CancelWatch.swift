internal import CLibPQ
import Foundation

/// Watches one request while its answer is awaited, and asks the server once to cancel it. Only the session's thread
/// uses it, so that a cancellation belongs to the statement that is running and to no other.
final class CancelWatch {
    private let request: Request
    private(set) var reason: PostgresError.Code?
    private var since: ContinuousClock.Instant?
    private let done = DispatchSemaphore(value: 0)

    init(_ request: Request) {
        self.request = request
    }

    /// Until when to wait before looking again.
    var deadline: ContinuousClock.Instant? {
        since.map { $0 + Session.cancelPatience } ?? request.deadline
    }

    var isWithinPatience: Bool {
        since.map { .now < $0 + Session.cancelPatience } ?? true
    }

    /// Asks the server to cancel when the request says so. That opens a connection and blocks: not on this thread,
    /// which goes on reading.
    func check(_ handle: OpaquePointer) throws(PostgresError) {
        guard since == nil, let verdict = request.verdict, let cancel = PQgetCancel(handle) else { return }
        reason = verdict
        since = .now
        nonisolated(unsafe) let ticket = cancel
        DispatchQueue.global().async { [done] in
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(ticket, &message, 256)
            PQfreeCancel(ticket)
            done.signal()
        }
    }

    /// Waits until the server has taken the cancellation, if there was one; false when it does not.
    func settle() -> Bool {
        since == nil || done.wait(timeout: .now() + 10) == .success
    }
}
