import Quoll
import Synchronization
import TestSupport
import Testing

@testable import QuollWorker

/// Time limits, lost leases and shutdown: all that stops a running handler.
struct StoppingTests {
    private static let forever = JobHandler("k") { _ in
        try await Task.sleep(for: .seconds(60))
        return .complete
    }

    @Test func `A job that runs longer than its limit is cancelled and fails with TIMEOUT`() async {
        let store = FakeStore()
        store.add()
        var handler = Self.forever
        handler.timeout = .milliseconds(100)
        await runEngine(store, [handler])
        #expect(store.outcomes.map(\.label) == ["fail"])
        guard case .fail("TIMEOUT", _, nil, false) = store.outcomes[0].kind else {
            Issue.record("\(store.outcomes)")
            return
        }
    }

    @Test func `The worker's time limit holds for handlers without their own`() async {
        let store = FakeStore()
        store.add()
        await runEngine(store, [Self.forever]) { $0.timeout = .milliseconds(100) }
        #expect(store.outcomes.map(\.label) == ["fail"])
    }

    @Test func `A long job's lease is extended, a short one's is not`() async {
        let store = FakeStore(leaseLength: .milliseconds(300))
        store.add(kind: "long")
        store.add(5, kind: "short")
        let long = JobHandler("long") { _ in
            // as long as it takes on a busy machine; a worker that never extends meets the test's time limit
            while store.state.withLock({ $0.heartbeats[1, default: 0] }) < 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
            return .complete
        }
        await runEngine(store, [long, .builtin("short", .noop)])
        let heartbeats = store.state.withLock { $0.heartbeats }
        #expect(Array(heartbeats.keys) == [1])
        #expect(heartbeats[1, default: 0] >= 2)
        #expect(store.outcomes.count == 6)
    }

    @Test(arguments: [Verdict.stale, .canceled, .missing])
    func `A lost lease cancels the handler and nothing is settled`(verdict: Verdict) async {
        let store = FakeStore(leaseLength: .milliseconds(150))
        store.add()
        store.state.withLock { $0.heartbeatVerdict = verdict }
        let wasCancelled = Count()
        await runEngine(
            store,
            [
                JobHandler("k") { _ in
                    do { try await Task.sleep(for: .seconds(60)) } catch { wasCancelled.enter() }
                    return .complete
                }
            ])
        #expect(wasCancelled.now == 1)
        #expect(store.outcomes.isEmpty)
    }

    @Test func `A shutdown lets running handlers finish and claims nothing more`() async throws {
        let store = FakeStore()
        store.add(10)
        let running = Count()
        let engine = makeEngine(store, [.slow("k", running, .milliseconds(300))]) {
            $0.concurrency = 2
            $0.gracePeriod = .seconds(20)
        }
        try await engine.running { engine in
            try #require(try await eventually { running.now == 2 })
            engine.stop(hurry: false)
        }
        #expect(store.outcomes == [.complete, .complete])
        #expect(store.state.withLock { $0.waiting.count } == 8)
    }

    @Test func `What still runs after the grace period is cancelled and released`() async throws {
        let store = FakeStore()
        store.add(3)
        let engine = makeEngine(store, [Self.forever])
        try await engine.running { engine in
            try #require(try await eventually { engine.ledger.running == 3 })
            engine.stop(hurry: false)
        }
        #expect(store.outcomes == [.release, .release, .release])
    }

    @Test func `A handler that ignores its cancellation is given up and its job released`() async throws {
        let store = FakeStore()
        store.add()
        let stubborn = JobHandler("k") { _ in
            await Task { try? await Task.sleep(for: .seconds(600)) }.value
            return .complete
        }
        let started = ContinuousClock.now
        let engine = makeEngine(store, [stubborn])
        try await engine.running { engine in
            try #require(try await eventually { engine.ledger.running == 1 })
            engine.stop(hurry: true)
        }
        #expect(store.outcomes == [.release])
        #expect(ContinuousClock.now - started < .seconds(120))
    }

    @Test func `A drain ends when nothing is claimable`() async {
        let store = FakeStore()
        store.add(50)
        await runEngine(store, [.builtin("k", .noop)])
        #expect(store.outcomes.count == 50)
    }

    @Test func `A drain goes on after the server was away`() async {
        let store = FakeStore()
        store.add(5)
        store.state.withLock { $0.claimErrors = [StoreError(reason: .unavailable, sqlState: nil, summary: "gone")] }
        await runEngine(store, [.builtin("k", .noop)])
        #expect(store.outcomes.count == 5)
    }

    @Test func `A shutdown while the server is away ends all the same`() async throws {
        let store = FakeStore()
        store.state.withLock {
            $0.claimErrors = Array(
                repeating: StoreError(reason: .unavailable, sqlState: nil, summary: "gone"), count: 9_999)
        }
        let started = ContinuousClock.now
        let engine = makeEngine(store, [.builtin("k", .noop)]) { $0.drains = false }
        try await engine.running { engine in
            try await Task.sleep(for: .milliseconds(200))
            engine.stop(hurry: false)
        }
        #expect(ContinuousClock.now - started < .seconds(60))
    }
}

extension JobHandler {
    static func slow(_ kind: String, _ count: Count, _ duration: Duration) -> JobHandler {
        JobHandler(kind) { _ in
            count.enter()
            defer { count.leave() }
            try await Task.sleep(for: duration)
            return .complete
        }
    }
}
