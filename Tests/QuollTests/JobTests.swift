import Foundation
import Quoll
import Testing

/// Looking at jobs, and changing their fate.
@Suite struct JobTests {
    /// Enqueues a job and lets it die.
    private func dead(
        _ fixture: Fixture, kind: String = "k", errorCode: String = "E", options: JobOptions = JobOptions()
    ) async throws -> Int64 {
        let id = try await fixture.client.enqueue(queue: "q", kind: kind, json: "[1]", options: options)
        let job = try await fixture.claimOne(kinds: [kind])
        let verdict = try await fixture.client.fail(
            job.lease, errorCode: errorCode, errorMessage: "why", permanent: true)
        #expect(verdict == .ok)
        return id
    }

    @Test func `an unknown job is no row`() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.client.getJob(1) == nil)
        #expect(try await fixture.client.attempts(1).isEmpty)
    }

    @Test func `jobs are listed by queue, state and kind, a page at a time`() async throws {
        let fixture = try await Fixture()
        let ids = try await fixture.client.enqueueBatch(queue: "q", kind: "a", json: ["1", "2", "3"])
        let later = try await fixture.client.enqueue(
            queue: "q", kind: "b", options: JobOptions(runAt: Date(timeIntervalSinceNow: 60)))
        let other = try await fixture.client.enqueue(queue: "r", kind: "a")
        let all = try await fixture.client.listJobs()
        #expect(all.map(\.jobID) == (ids + [later, other]).sorted())
        #expect(try await fixture.client.listJobs(queue: "q", kind: "a").map(\.jobID) == ids.sorted())
        #expect(try await fixture.client.listJobs(queue: "q", state: .scheduled).map(\.jobID) == [later])
        #expect(try await fixture.client.listJobs(kind: "a", afterID: ids.max(), maxJobs: 5).map(\.jobID) == [other])
        let page = try await fixture.client.listJobs(maxJobs: 2)
        let next = try await fixture.client.listJobs(afterID: page.last?.jobID, maxJobs: 500)
        #expect((page + next) == all)
    }

    @Test func `a canceled job does not run, and can be made to again`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        #expect(try await fixture.client.cancel(id) == .canceled)
        #expect(try await fixture.client.cancel(id) == .canceled)
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w").isEmpty)
        #expect(try await fixture.client.retry(id) == .ready)
        let job = try await fixture.claimOne()
        #expect(job.jobID == id)
        #expect(try await fixture.client.cancel(id) == .canceled)
        #expect(try await fixture.client.complete(job.lease) == .canceled)
    }

    @Test func `a waiting job is run now`() async throws {
        let fixture = try await Fixture()
        let runAt = Date(timeIntervalSinceNow: 3600)
        let id = try await fixture.client.enqueue(queue: "q", kind: "k", options: JobOptions(runAt: runAt))
        #expect(try await fixture.client.retry(id) == .ready)
        #expect(try await fixture.claimOne().jobID == id)
    }

    @Test func `a replay is a new job that points back`() async throws {
        let fixture = try await Fixture()
        let runAt = Date(timeIntervalSince1970: 4_102_444_800)
        let old = try await fixture.client.enqueue(
            queue: "q", kind: "k", json: #"{"a": 1}"#, options: JobOptions(priority: 2, uniqueKey: "u"))
        let new = try await fixture.client.replay(old, queue: "elsewhere", runAt: runAt)
        let job = try #require(try await fixture.client.getJob(new))
        #expect(new != old && job.replayOf == old && job.queue == "elsewhere" && job.runAt == runAt)
        #expect(try await fixture.client.getJob(old)?.replayedAs == [new] && job.replayedAs == [])
        #expect(job.payload == #"{"a": 1}"# && job.priority == 2 && job.uniqueKey == nil)
        let again = try await fixture.client.replay(old)
        #expect(try await fixture.client.getJob(again)?.queue == "q")
        #expect(try await fixture.client.getJob(again)?.state == .ready)
    }

    @Test func `dead letters tell why, newest first`() async throws {
        let fixture = try await Fixture()
        let first = try await dead(fixture, errorCode: "A")
        let second = try await dead(fixture, errorCode: "BAD_PAYLOAD")
        let letters = try await fixture.client.deadLetters()
        #expect(letters.map(\.jobID) == [second, first])
        let letter = try #require(letters.last)
        #expect(letter.queue == "q" && letter.kind == "k" && letter.reasonCode == "NON_RETRYABLE")
        #expect(letter.errorCode == "A" && letter.errorMessage == "why" && letter.attempts == 1)
        #expect(abs(letter.deadAt.timeIntervalSinceNow) < 60)
        #expect(try await fixture.client.deadLetters(queue: "q", maxJobs: 1).map(\.jobID) == [second])
        #expect(try await fixture.client.deadLetters(queue: "other").isEmpty)
    }

    @Test func `redrive puts back what fits its filters, and a dry run only counts`() async throws {
        let fixture = try await Fixture()
        let one = try await dead(fixture, kind: "a", errorCode: "X")
        let two = try await dead(fixture, kind: "b", errorCode: "X")
        let three = try await dead(fixture, kind: "b", errorCode: "Y")
        #expect(try await fixture.client.redrive(queue: "q", dryRun: true) == 3)
        #expect(try await fixture.client.redrive(queue: "q", errorCode: "X", dryRun: true) == 2)
        #expect(try await fixture.client.deadLetters().count == 3)
        #expect(try await fixture.client.redrive(queue: "q", errorCode: "X", kind: "b") == 1)
        #expect(try await fixture.state(two) == .ready)
        #expect(try await fixture.client.redrive(queue: "q", maxJobs: 1) == 1)
        #expect(try await fixture.state(one) == .ready)
        #expect(try await fixture.state(three) == .dead)
        #expect(try await fixture.client.redrive(queue: "q", maxJobs: 0) == 0)
    }

    @Test func `redrive goes by age, too`() async throws {
        let fixture = try await Fixture()
        _ = try await dead(fixture, errorCode: "X")
        #expect(try await fixture.client.redrive(queue: "q", dryRun: true, olderThan: .seconds(3600)) == 0)
        #expect(try await fixture.client.redrive(queue: "q", dryRun: true, newerThan: .seconds(3600)) == 1)
        #expect(try await fixture.client.redrive(queue: "q", olderThan: .zero, newerThan: .seconds(3600)) == 1)
    }

    @Test func `the archive has what is forgotten elsewhere`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"archive": true, "retention_dead": "0 seconds"}"#)
        let id = try await dead(fixture, errorCode: "X")
        #expect(try await fixture.client.archivedJobs(queue: "q").isEmpty)
        try await fixture.client.maintain()
        let job = try #require(try await fixture.client.archivedJobs(queue: "q").first)
        #expect(job.jobID == id && job.state == .dead && job.kind == "k" && job.attempt == 1 && job.worker == "test")
        #expect(job.errorCode == "X" && job.errorMessage == "why" && job.payload == "[1]" && job.result == nil)
        #expect(job.claimedAt.map { $0 >= job.enqueuedAt && $0 <= job.finishedAt } == true)
        #expect(try await fixture.client.archivedJobs(queue: "other").isEmpty)
    }

    @Test func `jobs are canceled by filter`() async throws {
        let fixture = try await Fixture()
        for kind in ["a", "a", "b"] { try await fixture.client.enqueue(queue: "q", kind: kind) }
        let running = try await fixture.claimOne()
        #expect(try await fixture.client.cancelJobs(queue: "q", dryRun: true) == 3)
        #expect(try await fixture.client.cancelJobs(queue: "q", state: .ready, kind: "a") == 1)
        #expect(try await fixture.client.cancelJobs(queue: "q", state: .running) == 1)
        #expect(try await fixture.client.heartbeat([running.lease]) == [.canceled])
        #expect(try await fixture.client.cancelJobs(queue: "q", maxJobs: 1) == 1)
        await expectError(.invalidArgument) { try await fixture.client.cancelJobs(queue: "q", state: .dead) }
    }

    @Test func `a job is waited for until it has ended`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        #expect(try await fixture.client.wait(for: id, timeout: .milliseconds(50)) == .ready)
        let other = try await fixture.another()
        async let state = other.wait(for: id)
        let job = try await fixture.claimOne()
        #expect(try await fixture.client.complete(job.lease) == .ok)
        #expect(try await state == .succeeded)
        await expectError(.notFound) { try await fixture.client.wait(for: 999_999) }
    }

    @Test func `a job's story is told, and why it is where it is`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        let waiting = try #require(try await fixture.client.explain(id))
        #expect(waiting.state == .ready && waiting.reason == "NO_WORKER" && waiting.hint != nil)
        let job = try await fixture.claimOne()
        #expect(try await fixture.client.explain(id)?.reason == "RUNNING")
        #expect(try await fixture.client.complete(job.lease) == .ok)
        let story = try await fixture.client.timeline(id)
        #expect(story.map(\.event) == ["enqueued", "claimed", "succeeded"])
        #expect(story.map(\.worker) == [nil, "test", "test"] && story.map(\.attempt) == [nil, 1, 1])
        #expect(story.map(\.at) == story.map(\.at).sorted())
        #expect(try await fixture.client.timeline(1_000_000).isEmpty)
        #expect(try await fixture.client.explain(1_000_000) == nil)
    }
}
