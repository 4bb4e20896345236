import Foundation
import Quoll
import Testing

/// A fair queue under sixteen claimers at once.
struct FairShareTests {
    private static let claimers = 16

    @Test func `a group's backlog delays another group's job by no more than the claims under way`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"fair": true}"#)
        let large = JobOptions(groupKey: "large")
        _ = try await fixture.client.enqueueBatch(
            queue: "q", kind: "k", json: Array(repeating: "1", count: 2_000), options: large)
        var committed: [String] = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.claimers {
                group.addTask { try await Self.drain(fixture.another(), worker: "w\(number)") }
            }
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(30))
                let job = try await fixture.client.enqueue(
                    queue: "q", kind: "k", options: JobOptions(groupKey: "small"))
                committed.append("(\(job), to_timestamp(\(Date().timeIntervalSince1970)))")
            }
            try await group.waitForAll()
        }
        #expect(
            try await fixture.sql(
                "select count(*) || ' ' || count(distinct job_id) from queue.attempt where outcome = 'succeeded'")
                == ["2020 2020"])
        // after the commit: the claims that had looked before it, and one round
        let overtakers = try await fixture.sql(
            """
            select max((select count(*) from queue.attempt as o join queue.job as l using (job_id)
                where l.group_key = 'large' and o.claimed_at between j.committed_at and a.claimed_at))
            from (values \(committed.joined(separator: ", "))) as j (job_id, committed_at)
            join queue.attempt as a using (job_id)
            """
        ).compactMap { $0.flatMap(Int.init) }
        #expect(try #require(overtakers.first) <= 2 * Self.claimers)
    }

    private static func drain(_ client: QuollClient, worker: String) async throws {
        while true {
            let jobs = try await client.claimBatch(queue: "q", worker: worker)
            _ = try await client.completeBatch(jobs.map(\.lease))
            guard jobs.isEmpty else { continue }
            let stats = try await client.stats(queue: "q")
            if stats.allSatisfy({ $0.ready + $0.running == 0 }), stats.contains(where: { $0.succeededPerMinute > 0 }) {
                break
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        await client.close()
    }
}
