import Quoll
import Synchronization
import TestSupport
import Testing

@testable import QuollWorker

/// How outcomes reach the server.
struct SettleTests {
    @Test func `A lone outcome is sent at once`() async throws {
        let store = FakeStore()
        let engine = makeEngine(store, [.builtin("k", .noop)]) { $0.drains = false }
        try await engine.running { engine in
            store.add()
            engine.ledger.claimSignal.signal()
            try #require(try await eventually { store.outcomes.count == 1 })
            engine.stop(hurry: false)
        }
    }

    @Test func `Outcomes that come during a round trip share the next one`() async {
        let store = FakeStore(settleDelay: .milliseconds(20))
        store.add(400)
        await runEngine(store, [.builtin("k", .noop)]) { $0.concurrency = 400 }
        #expect(store.outcomes.count == 400)
        #expect(store.state.withLock { $0.settleCalls.count } < 40)
    }

    @Test func `An outcome is offered again until the server can be reached`() async {
        let store = FakeStore()
        store.add(3)
        store.state.withLock {
            $0.settleErrors = Array(
                repeating: StoreError(reason: .unavailable, sqlState: nil, summary: "gone"), count: 3)
        }
        await runEngine(store, [.builtin("k", .noop)])
        #expect(store.outcomes == [.complete, .complete, .complete])
    }

    @Test func `One refused outcome fails its own job and no other`() async {
        let store = FakeStore()
        store.add(2)
        store.add(kind: "bad")
        store.add(2)
        store.state.withLock { $0.refuses = { $0 == .complete(json: "nonsense") } }
        await runEngine(store, [.builtin("k", .noop), JobHandler("bad") { _ in .complete(json: "nonsense") }])
        let settled = store.state.withLock { $0.settled }
        #expect(settled.filter { $0.outcome == .complete }.count == 4)
        #expect(settled.first { $0.job.kind == "bad" }?.outcome.label == "fail")
    }

    @Test func `Claiming stops while too many outcomes wait for the server`() async throws {
        let store = FakeStore()
        store.add(1_000)
        store.state.withLock {
            $0.settleErrors = Array(
                repeating: StoreError(reason: .unavailable, sqlState: nil, summary: "gone"), count: 4)
        }
        let engine = makeEngine(store, [.builtin("k", .noop)]) {
            $0.concurrency = 5
            $0.settleBatch = 5
        }
        try await engine.running { engine in
            try await Task.sleep(for: .milliseconds(300))
            #expect(store.state.withLock { $0.waiting.count } >= 900)
        }
        #expect(store.outcomes.count == 1_000)
    }

    @Test func `An outcome that came too late is logged with its verdict`() async {
        let store = FakeStore()
        store.add()
        store.state.withLock { $0.settleVerdict = .stale }
        let log = CapturedLog()
        await runEngine(store, [.builtin("k", .noop)], logger: log.logger)
        #expect(log.text.contains("too late"))
        #expect(log.text.contains("stale"))
    }

    @Test func `What a handler throws becomes a failure with its code`() async {
        let store = FakeStore()
        store.add()
        await runEngine(
            store,
            [
                JobHandler("k") { _ in throw JobFailure(code: "DEPENDENCY_DOWN", message: "no", retryIn: .seconds(3)) }
            ])
        #expect(store.outcomes == [.fail(code: "DEPENDENCY_DOWN", message: "no", retryIn: .seconds(3))])
    }

    @Test func `A payload that does not decode is named without its content`() async {
        struct Wanted: Decodable, Sendable { var number: Int }
        let store = FakeStore()
        store.add(payload: #"{"number": "secret"}"#)
        await runEngine(store, [JobHandler("k", payload: Wanted.self) { _, _ in true }])
        #expect(store.outcomes == [.fail(code: "BAD_PAYLOAD", message: "payload.number is not of type Int")])
    }

    @Test func `Jobs that a handler settled itself are not settled again`() async {
        let store = FakeStore()
        store.add(2)
        await runEngine(store, [JobHandler("k") { _ in .settled }])
        #expect(store.outcomes.isEmpty)
    }

    @Test func `Neither payloads nor headers nor results nor messages are logged`() async {
        let store = FakeStore()
        store.add(payload: #"{"password": "hunter2"}"#)
        store.add(kind: "bad", payload: #"{"password": "hunter2"}"#)
        store.add(kind: "odd", payload: #"{"password": "hunter2"}"#)
        store.state.withLock { $0.refuses = { $0 == .complete(json: "hunter2") } }
        let log = CapturedLog()
        await runEngine(
            store,
            [
                JobHandler("k") { .complete(json: $0.payload) }, JobHandler("odd") { _ in .complete(json: "hunter2") },
                JobHandler("bad") { throw JobFailure(code: "X", message: $0.payload) },
            ], logger: log.logger)
        #expect(store.outcomes.count == 3)
        #expect(log.text.contains("job failed"))
        #expect(!log.text.contains("hunter2"))
    }
}
