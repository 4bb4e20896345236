import Synchronization

/// One call on its way to the server: when its time is up, and whether its task was cancelled meanwhile.
final class Request: Sendable {
    let deadline: ContinuousClock.Instant?
    private let cancelled = Atomic<Bool>(false)

    init(timeout: Duration?) {
        deadline = timeout.map { ContinuousClock.now + $0 }
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }

    func isLate(_ now: ContinuousClock.Instant) -> Bool {
        deadline.map { $0 <= now } ?? false
    }

    /// Why the statement must be stopped now; `nil` for no reason.
    var verdict: PostgresError.Code? {
        if isCancelled { return .canceled }
        return deadline != nil && isLate(.now) ? .timeout : nil
    }
}
