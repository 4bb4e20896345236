import Quoll
import Synchronization

extension Ledger {
    var running: Int { state.withLock { $0.entries.count } }

    /// Cancels the jobs whose time is up.
    /// - Returns: those jobs.
    func cancelOverdue(now: ContinuousClock.Instant) -> [Job] {
        let overdue = state.withLock { state in
            state.entries.compactMap { number, entry -> Entry? in
                guard entry.stop == nil, let deadline = entry.deadline, deadline <= now else { return nil }
                state.entries[number]?.stop = .timeout
                return entry
            }
        }
        for entry in overdue { entry.task.cancel() }
        return overdue.map(\.job)
    }

    /// The jobs whose lease is a third gone, at most `limit`. A job that was told to stop is not extended any more.
    func heartbeatsDue(now: ContinuousClock.Instant, limit: Int) -> [(number: UInt64, job: Job)] {
        state.withLock { state in
            state.entries.lazy
                .filter { $1.stop == nil && $1.nextHeartbeat <= now }
                .prefix(limit).map { ($0, $1.job) }
        }
    }

    /// Takes in the answers to heartbeats sent at `sent`: a job whose lease is gone is cancelled.
    func apply(_ verdicts: [(number: UInt64, verdict: Verdict)], sent: ContinuousClock.Instant) {
        let lost = state.withLock { state in
            verdicts.compactMap { number, verdict -> Task<Void, Never>? in
                guard let entry = state.entries[number] else { return nil }
                if verdict == .ok {
                    state.entries[number]?.nextHeartbeat = sent + entry.leaseLength / 3
                    return nil
                }
                state.entries[number]?.stop = .leaseLost(verdict)
                return entry.task
            }
        }
        for task in lost { task.cancel() }
    }

    /// Cancels every job that still runs.
    func cancelAll() {
        let tasks = state.withLock { state in
            for (number, entry) in state.entries where entry.stop == nil { state.entries[number]?.stop = .shutdown }
            return state.entries.values.map(\.task)
        }
        for task in tasks { task.cancel() }
    }

    /// Gives up on the handlers that do not return: their jobs are released.
    func releaseAll() -> Int {
        let abandoned = state.withLock { state in
            let abandoned = state.entries.values.filter(\.isOurs).map { Settlement(job: $0.job, outcome: .release) }
            state.entries.removeAll()
            return abandoned
        }
        add(abandoned)
        return abandoned.count
    }
}

extension Ledger.Entry {
    /// Whether the lease is ours as far as is known.
    fileprivate var isOurs: Bool {
        if case .leaseLost = stop { false } else { true }
    }
}
