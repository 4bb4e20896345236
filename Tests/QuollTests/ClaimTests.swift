import Foundation
import PostgresConnection
import Quoll
import Testing

@Suite struct ClaimTests {
    @Test func `a claimed job has its attempt, its lease and what it carries`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(
            queue: "q", kind: "k", payload: ["a": 1],
            options: JobOptions(priority: 4, maxAttempts: 6, groupKey: "g", headers: ["h": "v"]))
        let jobs = try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 5, lease: .seconds(90))
        let job = try #require(jobs.first)
        #expect(jobs.count == 1 && job.jobID == id && job.kind == "k" && job.payload == #"{"a": 1}"#)
        #expect(job.attempt == 1 && job.maxAttempts == 6 && job.priority == 4)
        #expect(job.groupKey == "g" && job.headers == #"{"h": "v"}"#)
        #expect((60...120).contains(job.leasedUntil.timeIntervalSinceNow))
        #expect(abs(job.enqueuedAt.timeIntervalSinceNow) < 60)
        #expect(try await fixture.state(id) == .running)
    }

    @Test func `only so many, only of the kinds asked for, the highest priority first`() async throws {
        let fixture = try await Fixture()
        let low = try await fixture.client.enqueueBatch(
            queue: "q", kind: "a", json: ["1", "2"], options: JobOptions(priority: -1))
        let high = try await fixture.client.enqueue(queue: "q", kind: "a", options: JobOptions(priority: 1))
        let other = try await fixture.client.enqueue(queue: "q", kind: "b", options: JobOptions(priority: 9))
        let first = try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 2, kinds: ["a", "c"])
        #expect(Set(first.map(\.jobID)).contains(high) && first.count == 2)
        let second = try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 9, kinds: ["a"])
        #expect(Set((first + second).map(\.jobID)) == Set(low + [high]))
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w", kinds: []).isEmpty)
        #expect(try await fixture.claimOne().jobID == other)
    }

    @Test func `nothing is claimed from an empty, a paused or an unknown queue`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.claimBatch(queue: "unknown", worker: "w").isEmpty)
        try await fixture.client.createQueue("q")
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").isEmpty)
        try await fixture.client.enqueue(queue: "q", kind: "k")
        try await fixture.client.pauseQueue("q")
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").isEmpty)
        try await fixture.client.resumeQueue("q")
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").count == 1)
    }

    @Test func `a thousand jobs come in one call, each once`() async throws {
        let fixture = try await Fixture()
        let ids = try await fixture.client.enqueueBatch(queue: "q", kind: "k", payloads: Array(0..<1000))
        let jobs = try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 1000)
        #expect(jobs.map(\.jobID).sorted() == ids.sorted())
        let numbers = try jobs.map { try $0.decodePayload(as: Int.self) }
        #expect(numbers.sorted() == Array(0..<1000))
    }

    @Test func `a heartbeat extends a lease and never shortens it`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"lease": "300 milliseconds"}"#)
        try await fixture.client.enqueue(queue: "q", kind: "k")
        let job = try await fixture.claimOne()
        #expect(try await fixture.client.heartbeat([job.lease], lease: .seconds(600)) == [.ok])
        #expect(try await fixture.client.heartbeat([job.lease]) == [.ok])
        try await Task.sleep(for: .milliseconds(600))
        try await fixture.client.maintain()
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").isEmpty)
        #expect(try await fixture.client.complete(job.lease) == .ok)
    }

    @Test func `a heartbeat tells which jobs to stop`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1", "2", "3"])
        let jobs = try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 3)
        try await fixture.client.cancel(jobs[0].jobID)
        #expect(try await fixture.client.complete(jobs[1].lease) == .ok)
        let unknown = Lease(jobID: 1_000_000, leaseToken: jobs[0].leaseToken)
        let verdicts = try await fixture.client.heartbeat(jobs.map(\.lease) + [unknown])
        #expect(verdicts == [.canceled, .stale, .ok, .missing])
        #expect(try await fixture.client.heartbeat([]).isEmpty)
    }

    @Test func `an enqueue is announced on the queue's channel to who found nothing before`() async throws {
        let fixture = try await Fixture()
        let listener = try await fixture.another()
        let channel = try await listener.channel("q")
        let notifications = try await listener.connection.notifications(on: [channel])
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").isEmpty)
        try await fixture.client.enqueue(queue: "q", kind: "k")
        let first = try await notifications.first { _ in true }
        #expect(first?.payload == "q")
        await listener.close()
    }
}
