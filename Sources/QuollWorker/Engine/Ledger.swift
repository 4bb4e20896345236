import Quoll
import Synchronization

/// Everything a worker holds at one moment: the jobs in handlers, the slots left, and the outcomes not yet settled.
///
/// One lock guards it, taken once for a claimed batch and once for each finished job.
final class Ledger: Sendable {
    /// Why a job's task was cancelled.
    enum Stop: Sendable {
        case timeout
        case leaseLost(Verdict)
        case shutdown
    }

    struct Entry: Sendable {
        var job: Job
        var handler: Int
        var task: Task<Void, Never>
        var deadline: ContinuousClock.Instant?
        var leaseLength: Duration
        var nextHeartbeat: ContinuousClock.Instant
        var stop: Stop?
    }

    struct State {
        var entries: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 0
        var reserved = 0
        /// Running and reserved, for each handler with a limit of its own.
        var taken: [Int]
        var outcomes: [Settlement] = []
        var settling = 0
        var isStopping = false
        var isClosed = false
        var settlerWaits = false
        /// The free slots that the claimer waits for; nil when it waits for none.
        var claimerWants: Int?
    }

    let state: Mutex<State>
    let concurrency: Int
    /// The limit of each handler; nil: none of its own.
    let limits: [Int?]
    /// Outcomes that may wait for the server before claiming stops.
    let backlogLimit: Int
    /// Given when the claimer has something to look at.
    let claimSignal = Signal()
    /// Given when there is something to settle.
    let settleSignal = Signal()

    init(concurrency: Int, limits: [Int?], backlogLimit: Int) {
        self.concurrency = concurrency
        self.limits = limits
        self.backlogLimit = backlogLimit
        state = Mutex(State(taken: Array(repeating: 0, count: limits.count)))
    }

    // MARK: Slots

    /// Free slots over all kinds; none while too many outcomes wait for the server, or when the worker is stopping.
    private func free(_ state: borrowing State) -> Int {
        guard !state.isStopping, state.outcomes.count + state.settling < backlogLimit else { return 0 }
        return concurrency - state.entries.count - state.reserved
    }

    /// Sets slots aside for a claim, as many as are free and at most `count`.
    /// - Parameter handler: the handler whose own limit counts; nil for the handlers without one.
    func reserve(_ count: Int, handler: Int?) -> Int {
        state.withLock { state in
            var granted = min(count, free(state))
            if let handler, let limit = limits[handler] { granted = min(granted, limit - state.taken[handler]) }
            guard granted > 0 else { return 0 }
            state.reserved += granted
            if let handler { state.taken[handler] += granted }
            return granted
        }
    }

    /// Gives reserved slots back.
    func giveBack(_ count: Int, handler: Int?) {
        state.withLock { state in
            state.reserved -= count
            if let handler { state.taken[handler] -= count }
        }
    }

    /// Turns a reservation into running jobs, each in a task of its own.
    /// - Parameters:
    ///   - reserved: what ``reserve(_:handler:)`` granted for this claim; slots beyond the jobs are given back.
    ///   - start: makes the task of a job; called with the lock held.
    /// - Returns: false, and nothing begun, when the worker is stopping.
    func begin(
        _ jobs: [(claimed: Claimed, handler: Int, timeout: Duration?)], reserved: Int, limited: Int?,
        start: (_ number: UInt64, _ handler: Int, _ job: Job) -> Task<Void, Never>
    ) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.reserved -= reserved
            if let limited { state.taken[limited] -= reserved }
            guard !state.isStopping else { return false }
            for (claimed, handler, timeout) in jobs {
                let number = state.nextNumber
                state.nextNumber += 1
                if limits[handler] != nil { state.taken[handler] += 1 }
                state.entries[number] = Entry(
                    job: claimed.job, handler: handler, task: start(number, handler, claimed.job),
                    deadline: timeout.map { now + $0 }, leaseLength: claimed.leaseLength,
                    nextHeartbeat: now + claimed.leaseLength / 3)
            }
            return true
        }
    }

    // MARK: Outcomes

    /// Frees a job's slot and keeps its outcome for the settler.
    /// - Parameter conclude: the outcome, given why the job was stopped, if it was; nil: nothing to settle. Called with
    ///   the lock held.
    /// - Returns: why the job was stopped, and the outcome kept.
    @discardableResult
    func finish(_ number: UInt64, conclude: (Stop?) -> Outcome?) -> (stop: Stop?, outcome: Outcome?) {
        let (kept, wake) = state.withLock { state -> ((stop: Stop?, outcome: Outcome?), WakeUps) in
            guard let entry = state.entries.removeValue(forKey: number) else { return ((nil, nil), WakeUps()) }
            if limits[entry.handler] != nil { state.taken[entry.handler] -= 1 }
            let outcome = conclude(entry.stop)
            if let outcome { state.outcomes.append(Settlement(job: entry.job, outcome: outcome)) }
            return ((entry.stop, outcome), wakeUps(&state))
        }
        signal(wake)
        return kept
    }

    /// Keeps outcomes of jobs that never ran.
    func add(_ settlements: [Settlement]) {
        signal(
            state.withLock { state in
                state.outcomes += settlements
                return wakeUps(&state)
            })
    }

    /// Up to `count` outcomes, as soon as there is one; nil when the ledger is closed and empty.
    func takeOutcomes(_ count: Int) async -> [Settlement]? {
        while true {
            let taken: [Settlement]?? = state.withLock { state in
                guard !state.outcomes.isEmpty else {
                    if state.isClosed { return .some(nil) }
                    state.settlerWaits = true
                    return .none
                }
                let batch = Array(state.outcomes.prefix(count))
                state.outcomes.removeFirst(batch.count)
                state.settling += batch.count
                return .some(batch)
            }
            if let taken { return taken }
            await settleSignal.wait()
            // handlers that were about to finish join this batch
            await Task.yield()
        }
    }

    /// Outcomes that ``takeOutcomes(_:)`` handed out have reached the server.
    func settled(_ count: Int) {
        signal(
            state.withLock { state in
                state.settling -= count
                return wakeUps(&state)
            })
    }

    /// No outcome will come any more: the settler ends when it has sent what is here.
    func close() {
        state.withLock { $0.isClosed = true }
        settleSignal.signal()
    }

    // MARK: Waiting

    /// Whether nothing runs, is being claimed, or waits to be settled.
    var isIdle: Bool {
        state.withLock { $0.entries.isEmpty && $0.reserved == 0 && $0.outcomes.isEmpty && $0.settling == 0 }
    }

    /// Whether the claimer may go on at once; if not, it is signalled when `count` slots are free.
    func wants(_ count: Int) -> Bool {
        state.withLock { state in
            guard free(state) < count, !state.isStopping else { return true }
            state.claimerWants = count
            return false
        }
    }

    /// The claimer is signalled when any job finishes: one kind at its limit has room then.
    func wantsAnyFinish() {
        state.withLock { $0.claimerWants = .min }
    }

    /// Whether ``stopClaiming()`` was called.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// No more claims from now on.
    func stopClaiming() {
        state.withLock { $0.isStopping = true }
        claimSignal.signal()
    }

    struct WakeUps {
        var settler = false
        var claimer = false
    }

    /// Whom to wake after a change of the state.
    func wakeUps(_ state: inout State) -> WakeUps {
        var wake = WakeUps()
        wake.settler = state.settlerWaits && !state.outcomes.isEmpty
        if wake.settler { state.settlerWaits = false }
        wake.claimer = state.claimerWants.map { free(state) >= $0 } ?? false
        if wake.claimer { state.claimerWants = nil }
        return wake
    }

    func signal(_ wake: WakeUps) {
        if wake.settler { settleSignal.signal() }
        if wake.claimer { claimSignal.signal() }
    }
}
