import Foundation
import Quoll
import Testing

/// Limits under thirty-two claimers at once, told from the attempts' own times.
struct LimitTests {
    /// Claims and ends jobs by thirty-two workers, who now and then fail, release or roll back, until all are done.
    private func work(_ fixture: Fixture, jobs: Int, groups: Int) async throws {
        for group in 0..<groups {
            let keys = JobOptions(groupKey: "g\(group)")
            _ = try await fixture.client.enqueueBatch(
                queue: "q", kind: "k", payloads: Array(repeating: "x", count: jobs / groups), options: keys)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<32 {
                group.addTask { try await Self.drain(fixture.another(), worker: number) }
            }
            try await group.waitForAll()
        }
        #expect(
            try await fixture.sql("select count(distinct job_id) from queue.attempt where outcome = 'succeeded'")
                == ["\(jobs)"])
        #expect(try await fixture.sql("select count(*) from queue_internal.held") == ["0"])
        #expect(try await fixture.sql("select check_name from queue.verify() where not ok") == [])
    }

    private static func drain(_ client: QuollClient, worker: Int) async throws {
        var turn = worker
        while true {
            turn += 1
            let jobs: [ClaimedJob]
            if turn % 23 == 0 {
                struct Undone: Error {}
                _ = try? await client.withTransaction { client in
                    _ = try await client.claimBatch(queue: "q", worker: "undone", maxJobs: 3)
                    throw Undone()
                }
                continue
            }
            jobs = try await client.claimBatch(queue: "q", worker: "w\(worker)", maxJobs: 1 + turn % 5)
            if jobs.isEmpty {
                let stats = try await client.stats(queue: "q")
                if stats.allSatisfy({ $0.ready + $0.retrying + $0.running + $0.scheduled == 0 }) { break }
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            for job in jobs {
                switch (turn &+ Int(job.jobID)) % 17 {
                case 0: _ = try await client.fail(job.lease, errorCode: "E", retryIn: .zero)
                case 1: _ = try await client.release(job.lease)
                default: _ = try await client.complete(job.lease)
                }
            }
        }
        await client.close()
    }

    /// The most attempts that ran at a time: of the queue, and of any group.
    private func mostAtATime(_ fixture: Fixture) async throws -> (all: Int, ofGroup: Int) {
        let most = try await fixture.sql(
            """
            with run as (select a.claimed_at, a.finished_at, j.group_key from queue.attempt as a join queue.job as j using (job_id)),
                change as (select claimed_at as at, 1 as step, group_key from run
                    union all select finished_at, -1, group_key from run),
                level as (select sum(step) over (order by at, step) as all_jobs,
                    sum(step) over (partition by group_key order by at, step) as of_group from change)
            select unnest(array[max(all_jobs), max(of_group)]) from level
            """
        ).compactMap { $0.flatMap(Int.init) }
        return (all: try #require(most.first), ofGroup: try #require(most.last))
    }

    @Test func `never more in flight than a queue and its groups may have`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"max_in_flight": 7, "max_in_flight_per_group": 3}"#)
        try await work(fixture, jobs: 600, groups: 4)
        let most = try await mostAtATime(fixture)
        #expect(most.all <= 7 && most.ofGroup <= 3, "\(most)")
        #expect(most.all > 3 && most.ofGroup > 1, "what may run at a time does: \(most)")
    }

    @Test func `the jobs of a key run one after the other, in their order`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"ordered": true, "max_attempts": 1000}"#)
        try await work(fixture, jobs: 600, groups: 12)
        #expect(try await mostAtATime(fixture).ofGroup == 1)
        let overtaken = try await fixture.sql(
            """
            select count(*) from (
                select a.ended, lead(a.started) over (partition by a.group_key order by a.job_id) as next
                from (select job_id, j.group_key, min(claimed_at) as started, max(finished_at) as ended
                    from queue.attempt join queue.job as j using (job_id) group by 1, 2) as a) as o
            where o.next < o.ended
            """)
        #expect(overtaken == ["0"])
    }

    @Test func `never more starts than the bucket has tokens`() async throws {
        let fixture = try await Fixture()
        let queue = #"{"max_starts": 100, "max_starts_burst": 20, "starts_period": "1 second"}"#
        let groups = #"{"max_starts_per_group": 40}"#
        try await fixture.client.createQueue("q", options: queue)
        try await fixture.client.configureQueue("q", options: groups)
        try await work(fixture, jobs: 400, groups: 4)
        // Of every span between two starts: how many there were over the burst and what came in meanwhile.
        let excess = try await fixture.sql(
            """
            with start as (select claimed_at as at, row_number() over (order by claimed_at) as n from queue.attempt)
            select max(b.n - a.n + 1 - 20 - 100 * extract(epoch from b.at - a.at)) <= 0.001
            from start as a join start as b on b.at >= a.at
            """)
        #expect(excess == ["t"])
    }

    @Test func `never more starts of a group, nor retries, than their buckets have tokens`() async throws {
        let fixture = try await Fixture()
        let groups = #"{"max_starts_per_group": 40, "max_starts_per_group_burst": 10, "starts_period": "1 second"}"#
        let retries = #"{"max_retries": 15, "max_attempts": 1000}"#
        try await fixture.client.createQueue("q", options: groups)
        try await fixture.client.configureQueue("q", options: retries)
        try await work(fixture, jobs: 300, groups: 3)
        let excess = try await fixture.sql(
            """
            with start as (
                    select a.claimed_at as at, j.group_key, a.attempt from queue.attempt as a join queue.job as j using (job_id)),
                counted as (
                    select group_key as bucket, at, 10 as burst, 40 as rate,
                        row_number() over (partition by group_key order by at) as n from start
                    union all
                    select 'retries', at, 15, 15, row_number() over (order by at) from start where attempt > 1)
            select format('%s %s', max(b.n - a.n + 1 - a.burst - a.rate * extract(epoch from b.at - a.at)) <= 0.001,
                count(distinct a.bucket))
            from counted as a join counted as b on b.bucket = a.bucket and b.at >= a.at
            """)
        #expect(excess == ["t 4"])
    }

    @Test func `what was held back, and why`() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        try await client.createQueue("q", options: #"{"max_in_flight_per_group": 1}"#)
        for _ in 1...2 { try await client.enqueue(queue: "q", kind: "k", options: JobOptions(groupKey: "a")) }
        _ = try await client.claimBatch(queue: "q", worker: "w", maxJobs: 5)
        let decisions = try await client.policyDecisions(queue: "q")
        #expect(decisions.map(\.reasonCode) == ["IN_FLIGHT_EXCEEDED"] && decisions[0].groupKey == "a")
        #expect(decisions[0].decision == "THROTTLED" && decisions[0].details == #"{"max_in_flight_per_group": 1}"#)
        #expect(abs(decisions[0].at.timeIntervalSinceNow) < 600)
        #expect(try await client.policyDecisions(queue: "other").isEmpty)
    }
}
