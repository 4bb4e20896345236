import Metrics
import MetricsTestKit
import Quoll
import Synchronization
import Testing

@testable import QuollWorker

/// What a worker counts, by kind of job.
struct MetricsTests {
    /// The factory of this whole process: there can be one only.
    private static let factory: TestMetrics = {
        let factory = TestMetrics()
        MetricsSystem.bootstrap(factory)
        return factory
    }()

    private func total(_ label: String, _ dimensions: (String, String)...) -> Int64 {
        Self.factory.counterTotal(label: label, dimensions: dimensions)
    }

    @Test func `Claims, outcomes and the time in the handler are counted by kind`() async throws {
        _ = Self.factory
        let store = FakeStore()
        store.add(7, kind: "counted")
        store.add(2, kind: "counted_failing")
        await runEngine(
            store,
            [.builtin("counted", .noop), JobHandler("counted_failing") { _ in .fail(code: "E", message: "m") }])
        #expect(total("quoll_worker_jobs_claimed", ("kind", "counted")) == 7)
        #expect(total("quoll_worker_jobs_finished", ("kind", "counted"), ("outcome", "complete")) == 7)
        #expect(total("quoll_worker_jobs_finished", ("kind", "counted"), ("outcome", "fail")) == 0)
        #expect(total("quoll_worker_jobs_finished", ("kind", "counted_failing"), ("outcome", "fail")) == 2)
        #expect(total("quoll_worker_outcomes_lost", ("kind", "counted")) == 0)
        let timer = try Self.factory.expectTimer("quoll_worker_handler_duration", [("kind", "counted")])
        #expect(timer.values.count == 7)
    }

    @Test func `An outcome that came too late is counted`() async {
        _ = Self.factory
        let store = FakeStore()
        store.add(3, kind: "counted_late")
        store.state.withLock { $0.settleVerdict = Verdict.stale }
        await runEngine(store, [.builtin("counted_late", .noop)])
        #expect(total("quoll_worker_outcomes_lost", ("kind", "counted_late")) == 3)
    }
}
