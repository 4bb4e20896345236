import TestSupport
import Testing

/// Workers that reach the server through a pooler which gives each transaction another connection.
struct QWorkerPoolerTests {
    @Test func `Workers behind PgBouncer in transaction mode do each job once`() async throws {
        let direct = try await Database.make()
        let bouncer = try await PgBouncer(before: direct.url)
        try await direct.enqueue(600, "k")
        let pooled = Database(url: bouncer.url)
        try await withThrowingTaskGroup { group in
            for _ in 0..<3 {
                group.addTask { try await pooled.drain(["k=builtin:noop"], options: ["--batch", "7", "--no-listen"]) }
            }
            try await group.waitForAll()
        }
        #expect(try await direct.states() == "succeeded 600")
        #expect(try await direct.sql("select outcome, count(*) from queue.attempt group by 1") == "succeeded|600")
    }
}
