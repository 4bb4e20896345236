internal import CLibPQ
import Foundation

/// Watches one request while its answer is awaited, and asks the server to cancel it when it must end.
///
/// Only the session's thread uses it, and it sends nothing else before ``settle()``: so a cancellation meets the
/// statement that it is for, or none.
final class CancelWatch {
    /// How long a cancelled statement may take to end before the connection is given up.
    static let patience = Duration.seconds(10)

    private let request: Request
    /// Why the statement was cancelled; `nil` when it was not.
    private(set) var reason: PostgresError.Code?
    private var since = ContinuousClock.now
    private var next = ContinuousClock.now
    private var pause = Duration.milliseconds(100)
    private var isUnderWay = false
    private let arrived = DispatchSemaphore(value: 0)

    init(_ request: Request) {
        self.request = request
    }

    /// Until when to wait before looking again.
    var deadline: ContinuousClock.Instant? {
        reason == nil ? request.deadline : min(next, since + Self.patience)
    }

    var isWithinPatience: Bool {
        reason == nil || .now < since + Self.patience
    }

    /// Asks the server to cancel when the request says so, and again while that has no effect: a cancellation that
    /// overtakes its statement meets nothing.
    func check(_ handle: OpaquePointer) {
        if reason == nil, let verdict = request.verdict {
            reason = verdict
            since = .now
            next = since
        }
        guard reason != nil, next <= .now else { return }
        next = .now + pause
        pause *= 2
        if isUnderWay, arrived.wait(timeout: .now()) == .success { isUnderWay = false }
        if !isUnderWay { send(handle) }
    }

    /// That opens a connection and blocks: not on the session's thread, which goes on reading.
    private func send(_ handle: OpaquePointer) {
        guard let cancel = PQgetCancel(handle) else { return }
        isUnderWay = true
        nonisolated(unsafe) let ticket = cancel
        Thread.detachNewThread { [arrived] in
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(ticket, &message, 256)
            PQfreeCancel(ticket)
            arrived.signal()
        }
    }

    /// Waits until the server has delivered the cancellation, if there was one; false when it does not.
    func settle() -> Bool {
        !isUnderWay || arrived.wait(timeout: .now() + .seconds(10)) == .success
    }
}
