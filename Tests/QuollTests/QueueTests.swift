import Foundation
import Quoll
import Testing

/// Queues and upkeep.
@Suite struct QueueTests {
    @Test func `the clock is the server's`() async throws {
        let fixture = try await Fixture()
        #expect(abs(try await fixture.client.now().timeIntervalSinceNow) < 600)
    }

    @Test func `a queue's options hold for its jobs, and a change for those after it`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"max_attempts": 3, "lease": "10 minutes"}"#)
        let before = try await fixture.client.enqueue(queue: "q", kind: "k")
        try await fixture.client.configureQueue("q", options: #"{"max_attempts": 9}"#)
        let after = try await fixture.client.enqueue(queue: "q", kind: "k")
        #expect(try await fixture.client.getJob(before)?.maxAttempts == 3)
        #expect(try await fixture.client.getJob(after)?.maxAttempts == 9)
        #expect((500...660).contains(try await fixture.claimOne().leasedUntil.timeIntervalSinceNow))
    }

    @Test func `queues are listed with their options`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.listQueues().isEmpty)
        try await fixture.client.createQueue("made", options: #"{"max_attempts": 3}"#)
        try await fixture.client.enqueue(queue: "used", kind: "k")
        try await fixture.client.pauseQueue("used")
        let queues = try await fixture.client.listQueues()
        #expect(queues.map(\.queue) == ["made", "used"] && queues.map(\.isPaused) == [false, true])
        let options = try JSONSerialization.jsonObject(with: Data(try #require(queues.first).options.utf8))
        #expect((options as? [String: Any])?["max_attempts"] as? Int == 3)
    }

    @Test func `a dropped queue's jobs are gone, with live ones only by force`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        let error = await expectError(.wrongState, sqlState: "55000") { try await fixture.client.dropQueue("q") }
        #expect(error?.hint == "let them finish, or drop it with force => true")
        #expect(try await fixture.state(id) == .ready)
        try await fixture.client.dropQueue("q", force: true)
        #expect(try await fixture.client.getJob(id) == nil)
    }

    @Test func `maintenance is told, and health sees that it ran`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.health().contains { $0.name == "maintenance" && !$0.isOK && $0.hint != nil })
        let done = try JSONSerialization.jsonObject(with: Data(try await fixture.client.maintain().utf8))
        #expect((done as? [String: Any])?.keys.contains("promoted") == true)
        let checks = try await fixture.client.health()
        #expect(checks.count >= 5)
        #expect(checks.contains { $0.name == "maintenance" && $0.isOK && $0.detail?.hasPrefix("last run") == true })
    }

    @Test func `statistics tell where the jobs are`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.stats().isEmpty)
        for _ in 1...3 { try await fixture.client.enqueue(queue: "q", kind: "k") }
        try await fixture.client.enqueue(queue: "p", kind: "k")
        try await fixture.client.pauseQueue("p")
        let job = try await fixture.claimOne()
        #expect(try await fixture.client.complete(job.lease) == .ok)
        _ = try await fixture.claimOne()
        let stats = try await fixture.client.stats()
        #expect(stats.map(\.queue) == ["p", "q"] && stats.map(\.isPaused) == [true, false])
        let q = try #require(stats.last)
        #expect(try await fixture.client.stats(queue: "q").map(\.ready) == [q.ready])
        #expect(q.ready == 1 && q.running == 1 && q.scheduled == 0 && q.retrying == 0 && q.dead == 0)
        #expect(q.succeededPerMinute == 1 && q.failedPerMinute == 0 && !q.isEstimated)
        #expect(try #require(q.oldestReadyAge) >= 0 && (try #require(q.meanRunTime)) < 60)
        await expectError(.notFound, sqlState: "42704") { try await fixture.client.stats(queue: "nowhere") }
    }

    @Test func `metrics are text, and verify finds nothing`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.enqueue(queue: "q", kind: "k")
        let lines = try await fixture.client.metricsPrometheus().split(separator: "\n")
        #expect(lines.contains(#"quoll_jobs{queue="q",state="ready"} 1"#), "\(lines)")
        let checks = try await fixture.client.verify()
        #expect(checks.count > 5 && checks.allSatisfy { $0.isOK && $0.hint == nil && $0.detail != nil })
    }

    @Test func `the version is that of the tree`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.version().wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
    }

    @Test func `a channel's name is short whatever the queue is called`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.channel(String(repeating: "é", count: 200)).utf8.count <= 63)
    }
}
