import Synchronization

/// What one session's thread has to do: the calls of the connection's users, and the tasks that run on its executor.
///
/// A call belongs to a scope: 0, or a transaction. While a transaction is open only its own calls are handed out. A call
/// that waits can be withdrawn: when its task is cancelled, or its time is up.
final class Inbox: Sendable {
    /// A call. Whoever takes it out of the inbox does exactly one of `run` and `fail`, once.
    struct Call: Sendable {
        var request: Request
        var scope: Int
        var run: @Sendable () -> Void
        var fail: @Sendable (PostgresError) -> Void
    }

    enum Item {
        case task(UnownedJob)
        case call(Call)
        /// Nothing now; the next one rings the bell.
        case nothing
        /// Nothing any more.
        case end
    }

    private struct State {
        var tasks: [UnownedJob] = []
        var calls: [Call] = []
        var isWaiting = false
        var isClosed = false
        var hasEnded = false
    }

    let bell: Bell
    private let state = Mutex(State())

    init() throws(PostgresError) {
        bell = try Bell()
    }

    /// Adds a call, or fails it at once: when its task was cancelled, or nobody will ever look.
    func add(_ call: Call) {
        var refusal: PostgresError?
        let mustRing = state.withLock { state in
            if state.isClosed {
                refusal = PostgresError(code: .closed, message: "the connection is closed")
            } else if call.request.isCancelled {
                refusal = .beforeSent(.canceled)
            } else {
                state.calls.append(call)
                // A busy thread needs to know of a deadline that may be the next.
                defer { state.isWaiting = false }
                return state.isWaiting || call.request.deadline != nil
            }
            return false
        }
        if let refusal { call.fail(refusal) }
        if mustRing { bell.wake() }
    }

    /// Adds a task's next step; false when the thread has ended.
    func add(_ task: UnownedJob) -> Bool {
        let (accepted, mustRing) = state.withLock { state in
            guard !state.hasEnded else { return (false, false) }
            state.tasks.append(task)
            defer { state.isWaiting = false }
            return (true, state.isWaiting)
        }
        if mustRing { bell.wake() }
        return accepted
    }

    /// The next thing to do: a call of the innermost of the open transactions, or of one that is over, which it must
    /// be told.
    func next(_ open: [Int]) -> Item {
        state.withLock { state in
            if !state.tasks.isEmpty { return .task(state.tasks.removeFirst()) }
            let scope = open.last ?? 0
            let index = state.calls.firstIndex { call in
                state.isClosed || call.scope == scope || (call.scope != 0 && !open.contains(call.scope))
            }
            if let index { return .call(state.calls.remove(at: index)) }
            state.hasEnded = state.isClosed
            state.isWaiting = !state.isClosed
            return state.isClosed ? .end : .nothing
        }
    }

    /// Fails a cancelled call that still waits; false when it does not.
    func withdraw(_ request: Request) -> Bool {
        let call = state.withLock { state in
            state.calls.firstIndex { $0.request === request }.map { state.calls.remove(at: $0) }
        }
        call?.fail(.beforeSent(.canceled))
        return call != nil
    }

    /// Fails the calls whose time is up.
    func expire() {
        let now = ContinuousClock.now
        let late = state.withLock { state in
            let late = state.calls.filter { $0.request.isLate(now) }
            if !late.isEmpty { state.calls.removeAll { $0.request.isLate(now) } }
            return late
        }
        for call in late { call.fail(.beforeSent(.timeout)) }
    }

    /// When the first of those who wait runs out of time.
    var deadline: ContinuousClock.Instant? {
        state.withLock { $0.calls.lazy.compactMap(\.request.deadline).min() }
    }

    /// Takes no more calls; the thread ends after those that are there.
    func close() {
        state.withLock { $0.isClosed = true }
        bell.wake()
    }
}

extension PostgresError {
    static func beforeSent(_ code: Code) -> PostgresError {
        let what = code == .timeout ? "timed out" : "was cancelled"
        return PostgresError(code: code, message: "the call \(what) before it was sent to the server")
    }
}
