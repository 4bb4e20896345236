import Synchronization
import Testing

@testable import QuollWorker

/// How many jobs run at once, and how many a claim asks for.
struct SlotTests {
    @Test func `Never more jobs run at once than the worker's concurrency`() async {
        let store = FakeStore()
        store.add(40)
        let running = Count()
        await runEngine(store, [.counted("k", running)]) { $0.concurrency = 3 }
        #expect(store.outcomes.count == 40)
        #expect(running.most == 3)
    }

    @Test func `A handler's own limit holds while others use the rest`() async {
        let store = FakeStore()
        store.add(10, kind: "narrow")
        store.add(30, kind: "wide")
        let narrow = Count()
        let wide = Count()
        await runEngine(store, [.counted("narrow", narrow, concurrency: 1), .counted("wide", wide)]) {
            $0.concurrency = 4
        }
        #expect(store.outcomes.count == 40)
        #expect(narrow.most == 1)
        #expect(wide.most > 1)
    }

    @Test func `A claim asks for no more jobs than there are slots`() async {
        let store = FakeStore()
        store.add(20, kind: "narrow")
        await runEngine(store, [.counted("narrow", Count(), concurrency: 2), .counted("wide", Count())]) {
            $0.concurrency = 8
            $0.claimBatch = 5
        }
        let claims = store.state.withLock { $0.claims }
        #expect(claims.allSatisfy { $0.count <= ($0.kinds == ["narrow"] ? 2 : 5) })
    }

    @Test func `Only the kinds that have a handler are asked for`() async {
        let store = FakeStore()
        store.add(3, kind: "other")
        store.add(3, kind: "k")
        await runEngine(store, [.counted("k", Count())])
        #expect(store.outcomes.count == 3)
        #expect(store.state.withLock { $0.waiting.count } == 3)
    }

    @Test func `Kinds without a limit share a claim and each limited kind has its own`() {
        let requests = ClaimRequest.all(queues: ["q", "r"], kinds: ["a", "b", "c"], limits: [nil, 2, nil])
        #expect(
            requests == [
                ClaimRequest(queue: "q", kinds: ["a", "c"], limitedHandler: nil),
                ClaimRequest(queue: "q", kinds: ["b"], limitedHandler: 1),
                ClaimRequest(queue: "r", kinds: ["a", "c"], limitedHandler: nil),
                ClaimRequest(queue: "r", kinds: ["b"], limitedHandler: 1),
            ])
    }
}

extension JobHandler {
    /// Takes 10 ms and counts how many do so at once.
    static func counted(_ kind: String, _ count: Count, concurrency: Int? = nil) -> JobHandler {
        JobHandler(kind, concurrency: concurrency) { _ in
            count.enter()
            defer { count.leave() }
            try await Task.sleep(for: .milliseconds(10))
            return .complete
        }
    }
}
