import Foundation
import TestSupport
import Testing

/// What becomes of jobs whose data is copied to where transaction ids are others. See `docs/guarantees.md`.
@Suite(.serialized) struct RestoreTests {
    /// Runs a script that must succeed; returns its lines.
    @discardableResult
    private func sql(_ url: String, _ script: String) async throws -> [String] {
        let done = try await Command.psql(url, script)
        try #require(done.status == 0, "\(done.errors)")
        return done.lines
    }

    /// Four jobs of queue q: 1 done, 2 running, 3 and 4 ready; a fifth is in a prepared transaction.
    private func fill(_ url: String) async throws {
        try await sql(
            url,
            """
            begin;
            \\i sql/install.sql
            commit;
            select queue.create_queue('q', '{"stripes": 1, "lease": "1 hour"}');
            select queue.enqueue_batch('q', 'k', array['1', '2', '3', '4']::jsonb[]);
            begin;
            select queue.enqueue('q', 'k', '5');
            prepare transaction 'late';
            select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w');
            create table token as select lease_token from queue.claim_batch('q', 'w');
            """)
    }

    /// What is left of those jobs is handed out once, and the fence holds for what ran.
    private func expectWorking(_ url: String, ready: [String]) async throws {
        #expect(try await sql(url, "select payload from queue.claim_batch('q', 'w', 10) order by job_id") == ready)
        #expect(try await sql(url, "select payload from queue.claim_batch('q', 'w', 10)") == [])
        #expect(try await sql(url, "select queue.complete(2, lease_token) from token") == ["ok"])
        #expect(try await sql(url, "select queue.complete(2, lease_token) from token") == ["stale"])
        #expect(try await sql(url, "select check_name, detail from queue.verify() where not ok") == [])
        let another = "select queue.enqueue('q', 'k', '6') > 5; select payload from queue.claim_batch('q', 'w')"
        #expect(try await sql(url, another) == ["t", "6"])
    }

    private func knowsItsIDs(_ url: String) async throws -> [String] {
        try await sql(url, "select ok from queue.health() where check_name = 'transaction ids'")
    }

    private let settings = ["max_prepared_transactions=5", "wal_level=logical"]

    @Test func `a dump of a cluster of a later epoch is refused to claims, told by health, and rebased by maintain`()
        async throws
    {
        let source = try await PrivateCluster(settings: settings)
        try await source.stop()
        try await source.raise(epoch: 5)
        try await source.start()
        try await fill(source.url)
        #expect(try await sql(source.url, "select pg_current_xact_id() > '21474836480'") == ["t"])
        let dump = try await Command.run("pg_dump", ["-d", source.url])
        let target = try await PrivateCluster()
        let roles = ["producer", "worker", "operator", "monitor"].map { "create role queue_\($0);" }.joined()
        try await sql(target.url, roles + dump.output)
        let refused = try await Command.psql(target.url, "select queue.claim_batch('q', 'w')")
        #expect(refused.errors.contains("copied from another cluster and is not rebased yet"))
        #expect(try await knowsItsIDs(target.url) == ["f"])
        #expect(try await sql(target.url, "select queue.maintain() ? 'rebased'") == ["t"])
        #expect(try await knowsItsIDs(target.url) == ["t"])
        try await expectWorking(target.url, ready: ["3", "4"])
    }

    @Test func `a cluster whose transaction ids were raised goes on`() async throws {
        let cluster = try await PrivateCluster(settings: settings)
        try await fill(cluster.url)
        try await sql(cluster.url, "rollback prepared 'late'")
        try await cluster.stop()
        try await cluster.raise(epoch: 7)
        try await cluster.start()
        #expect(try await knowsItsIDs(cluster.url) == ["t"])
        try await expectWorking(cluster.url, ready: ["3", "4"])
    }

    @Test func `a physical copy goes on, also with a transaction that was prepared before`() async throws {
        let cluster = try await PrivateCluster(settings: settings)
        try await fill(cluster.url)
        let folder = try await cluster.startPhysicalCopy()
        let copy = "postgresql://postgres@/quoll?port=5432&host=\(folder)"
        do {
            #expect(try await knowsItsIDs(copy) == ["t"])
            try await sql(copy, "commit prepared 'late'")
            try await expectWorking(copy, ready: ["3", "4", "5"])
        } catch {
            Issue.record(error)
        }
        try await cluster.stopPhysicalCopy()
        try await sql(cluster.url, "commit prepared 'late'")
        try await expectWorking(cluster.url, ready: ["3", "4", "5"])
    }

    @Test func `a publication of all tables stops neither maintain nor rebase`() async throws {
        let cluster = try await PrivateCluster(settings: settings)
        try await fill(cluster.url)
        try await sql(cluster.url, "create publication everything for all tables; commit prepared 'late'")
        try await sql(cluster.url, "select queue.maintain()")
        try await sql(cluster.url, "update queue_internal.rotation set system_identifier = 1")
        #expect(try await sql(cluster.url, "select queue.maintain() ? 'rebased'") == ["t"])
        try await expectWorking(cluster.url, ready: ["3", "4", "5"])
    }
}
