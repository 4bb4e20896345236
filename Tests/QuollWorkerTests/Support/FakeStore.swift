import Foundation
import Quoll
import Synchronization

@testable import QuollWorker

/// A queue in memory, for what the engine does between its database calls.
final class FakeStore: JobStore {
    struct State {
        var waiting: [Job] = []
        var settled: [(job: Job, outcome: Outcome)] = []
        var claims: [(kinds: [String], count: Int)] = []
        var settleCalls: [Int] = []
        var heartbeats: [Int64: Int] = [:]
        var heartbeatVerdict = Verdict.ok
        var settleVerdict = Verdict.ok
        /// Errors thrown by the next settle calls, first to last.
        var settleErrors: [StoreError] = []
        var claimErrors: [StoreError] = []
        /// Refuses any batch with an outcome that satisfies this.
        var refuses: @Sendable (Outcome) -> Bool = { _ in false }
    }

    let state = Mutex(State())
    let leaseLength: Duration
    /// How long a settle call takes.
    let settleDelay: Duration

    init(leaseLength: Duration = .seconds(30), settleDelay: Duration = .zero) {
        self.leaseLength = leaseLength
        self.settleDelay = settleDelay
    }

    func add(_ count: Int = 1, kind: String = "k", payload: String = "{}") {
        state.withLock { state in
            for _ in 0..<count {
                state.waiting.append(.sample(id: Int64(state.waiting.count + 1), kind: kind, payload: payload))
            }
        }
    }

    var outcomes: [Outcome] { state.withLock { $0.settled.map(\.outcome) } }

    func claim(queue: String, kinds: [String], count: Int, lease: Duration?) async throws -> [Claimed] {
        try state.withLock { state in
            if !state.claimErrors.isEmpty { throw state.claimErrors.removeFirst() }
            state.claims.append((kinds, count))
            let jobs = state.waiting.filter { kinds.contains($0.kind) }.prefix(count)
            let ids = Set(jobs.map(\.id))
            state.waiting.removeAll { ids.contains($0.id) }
            return jobs.map { Claimed(job: $0, leaseLength: leaseLength) }
        }
    }

    func settle(_ settlements: [Settlement]) async throws -> [Verdict] {
        if settleDelay > .zero { try? await Task.sleep(for: settleDelay) }
        return try state.withLock { state in
            state.settleCalls.append(settlements.count)
            if !state.settleErrors.isEmpty { throw state.settleErrors.removeFirst() }
            if settlements.contains(where: { state.refuses($0.outcome) }) {
                throw StoreError(reason: .refused, sqlState: "22P02", summary: "refused")
            }
            state.settled += settlements.map { ($0.job, $0.outcome) }
            return settlements.map { _ in state.settleVerdict }
        }
    }

    func heartbeat(_ jobs: [Job], lease: Duration?) async throws -> [Verdict] {
        state.withLock { state in
            for job in jobs { state.heartbeats[job.id, default: 0] += 1 }
            return jobs.map { _ in state.heartbeatVerdict }
        }
    }

    func maintain() async throws {}
    func close() async {}
}

extension Job {
    static func sample(
        id: Int64 = 1, kind: String = "k", payload: String = "{}", headers: String? = nil, attempt: Int = 1
    ) -> Job {
        Job(
            id: id, leaseToken: id + 1_000, queue: "q", kind: kind, attempt: attempt, maxAttempts: 5, payload: payload,
            headers: headers, priority: 0, groupKey: nil, enqueuedAt: .now, leasedUntil: .now + 30)
    }
}
