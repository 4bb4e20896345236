import Foundation
import Quoll
import Testing

@Suite struct SettleTests {
    /// Claims some new jobs of queue `q`.
    private func claimed(_ count: Int, _ fixture: Fixture) async throws -> [ClaimedJob] {
        try await fixture.client.enqueueBatch(queue: "q", kind: "k", payloads: Array(0..<count))
        return try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: count)
    }

    @Test func `who settles an attempt first gets ok, whoever comes later stale`() async throws {
        let fixture = try await Fixture()
        let job = try #require(try await claimed(1, fixture).first)
        #expect(try await fixture.client.complete(job.lease, result: ["n": 1]) == .ok)
        #expect(try await fixture.client.complete(job.lease) == .stale)
        #expect(try await fixture.client.fail(job.lease, errorCode: "E") == .stale)
        #expect(try await fixture.client.snooze(job.lease, delay: .seconds(1)) == .stale)
        #expect(try await fixture.client.release(job.lease) == .stale)
        #expect(try await fixture.client.skip(job.lease, reason: "no") == .stale)
        let record = try #require(try await fixture.client.getJob(job.jobID))
        #expect(record.state == .succeeded)
        #expect(try record.decodeResult() == ["n": 1])
    }

    @Test func `of forty who complete the same attempt at once one gets ok`() async throws {
        let fixture = try await Fixture()
        let job = try #require(try await claimed(1, fixture).first)
        let verdicts = try await withThrowingTaskGroup(of: [Verdict].self) { group in
            for _ in 0..<4 {
                let client = try await fixture.another()
                group.addTask {
                    var verdicts: [Verdict] = []
                    for _ in 0..<10 { verdicts.append(try await client.complete(job.lease)) }
                    return verdicts
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(verdicts.filter { $0 == .ok }.count == 1)
        #expect(verdicts.filter { $0 == .stale }.count == 39)
    }

    @Test func `a batch of completions has a verdict for each, in order`() async throws {
        let fixture = try await Fixture()
        let jobs = try await claimed(5, fixture)
        #expect(try await fixture.client.complete(jobs[1].lease) == .ok)
        try await fixture.client.cancel(jobs[3].jobID)
        let missing = Lease(jobID: 999_999, leaseToken: jobs[0].leaseToken)
        let leases = jobs.map(\.lease) + [missing]
        let results: [String?] = [#"{"a":"\"x\""}"#, nil, nil, nil, "[1]", nil]
        let verdicts = try await fixture.client.completeBatch(leases, results: results)
        #expect(verdicts == [.ok, .stale, .ok, .canceled, .ok, .missing])
        #expect(try await fixture.client.getJob(jobs[0].jobID)?.result == #"{"a": "\"x\""}"#)
        #expect(try await fixture.client.getJob(jobs[2].jobID)?.result == nil)
        #expect(try await fixture.client.getJob(jobs[4].jobID)?.result == "[1]")
        #expect(try await fixture.client.completeBatch(leases).allSatisfy { $0 != .ok })
        #expect(try await fixture.client.completeBatch([]).isEmpty)
    }

    @Test func `a batch over several claims, in any order`() async throws {
        let fixture = try await Fixture()
        var jobs: [ClaimedJob] = []
        for _ in 0..<5 { jobs += try await claimed(7, fixture) }
        #expect(Set(jobs.map(\.leaseToken)).count >= 5)
        jobs.shuffle()
        #expect(try await fixture.client.completeBatch(jobs.map(\.lease)) == jobs.map { _ in .ok })
        #expect(try await fixture.client.listJobs(queue: "q", state: .succeeded).count == 35)
    }

    @Test func `a lease that ran out and was reaped is stale, in a batch as well`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"backoff_base": "0 seconds", "backoff_jitter": 0}"#)
        try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1", "2"])
        let late = try await fixture.client.claimBatch(
            queue: "q", worker: "late", maxJobs: 1, lease: .milliseconds(100))
        let alive = try await fixture.client.claimBatch(queue: "q", worker: "alive", maxJobs: 1)
        try await Task.sleep(for: .milliseconds(300))
        try await fixture.client.maintain()
        let verdicts = try await fixture.client.completeBatch((late + alive).map(\.lease))
        #expect(verdicts == [.stale, .ok])
        let again = try await fixture.claimOne()
        #expect(again.jobID == late[0].jobID && again.leaseToken != late[0].leaseToken && again.attempt == 2)
        let attempts = try await fixture.client.attempts(again.jobID)
        #expect(attempts.map(\.outcome) == ["lost"] && attempts.first?.worker == "late")
    }

    @Test func `a failure is retried when it says, and its attempt tells why`() async throws {
        let fixture = try await Fixture()
        let job = try #require(try await claimed(1, fixture).first)
        let verdict = try await fixture.client.fail(
            job.lease, errorCode: "TIMEOUT", errorMessage: "slow \u{1F40C}", retryIn: .seconds(500))
        #expect(verdict == .ok)
        let record = try #require(try await fixture.client.getJob(job.jobID))
        #expect(record.state == .retrying && record.attempt == 1)
        #expect((400...600).contains(try #require(record.runAt).timeIntervalSinceNow))
        let attempt = try #require(try await fixture.client.attempts(job.jobID).first)
        #expect(attempt.jobID == job.jobID && attempt.attempt == 1 && attempt.outcome == "failed")
        #expect(attempt.errorCode == "TIMEOUT" && attempt.errorMessage == "slow \u{1F40C}" && attempt.worker == "w")
        #expect(try #require(attempt.claimedAt) <= attempt.finishedAt)
    }

    @Test func `a batch of failures keeps each one's words, delay and permanence`() async throws {
        let fixture = try await Fixture()
        let jobs = try await claimed(4, fixture)
        #expect(try await fixture.client.release(jobs[2].lease) == .ok)
        let verdicts = try await fixture.client.failBatch([
            Failure(jobs[0].lease, errorCode: "A", errorMessage: #""quoted" \ ü"#, retryIn: .milliseconds(1500)),
            Failure(jobs[1].lease, errorCode: "B", permanent: true),
            Failure(jobs[2].lease, errorCode: "C"),
            Failure(jobs[3].lease, errorCode: "D", retryIn: .seconds(86_400 * 3000)),
        ])
        #expect(verdicts == [.ok, .ok, .stale, .ok])
        let attempt = try #require(try await fixture.client.attempts(jobs[0].jobID).first)
        #expect(attempt.errorCode == "A" && attempt.errorMessage == #""quoted" \ ü"#)
        let soon = try #require(try await fixture.client.getJob(jobs[0].jobID)?.runAt)
        #expect(abs(soon.timeIntervalSince(attempt.finishedAt) - 1.5) < 0.5)
        #expect(try await fixture.state(jobs[1].jobID) == .dead)
        let late = try #require(try await fixture.client.getJob(jobs[3].jobID)?.runAt)
        #expect(late.timeIntervalSinceNow > 86_400 * 2999)
        #expect(try await fixture.client.failBatch([]).isEmpty)
    }

    @Test func `one bad failure refuses the batch, and nothing of it is settled`() async throws {
        let fixture = try await Fixture()
        let jobs = try await claimed(2, fixture)
        let error = await expectError(.invalidArgument, sqlState: "22023") {
            try await fixture.client.failBatch([
                Failure(jobs[0].lease, errorCode: "A"),
                Failure(jobs[1].lease, errorCode: "B", retryIn: .seconds(-1)),
            ])
        }
        #expect(error?.message.hasPrefix("element 2: ") == true)
        #expect(error?.hint?.hasSuffix("nothing of the batch was settled") == true)
        #expect(try await fixture.client.completeBatch(jobs.map(\.lease)) == [.ok, .ok])
    }

    @Test func `snooze and release charge no attempt, skip ends the job`() async throws {
        let fixture = try await Fixture()
        let jobs = try await claimed(3, fixture)
        #expect(try await fixture.client.snooze(jobs[0].lease, delay: .seconds(3600)) == .ok)
        #expect(try await fixture.client.release(jobs[1].lease) == .ok)
        #expect(try await fixture.client.skip(jobs[2].lease, reason: "not needed") == .ok)
        #expect(try await fixture.state(jobs[0].jobID) == .scheduled)
        #expect(try await fixture.state(jobs[2].jobID) == .skipped)
        #expect(try await fixture.client.attempts(jobs[2].jobID).first?.errorMessage == "not needed")
        let again = try await fixture.claimOne()
        #expect(again.jobID == jobs[1].jobID && again.attempt == 1)
    }
}
