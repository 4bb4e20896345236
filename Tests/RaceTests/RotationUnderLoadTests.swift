import PostgresConnection
import TestSupport
import Testing

/// A queue that never rests. The rotation must lock a slot's tables in the order in which claims do: otherwise each
/// waits for the other, the rotation gives up every time, and the tables grow for ever.
@Suite struct RotationUnderLoadTests {
    private static let cycle = """
        select count(*) from queue.enqueue_batch('q', 'k', array_fill(jsonb '1', array[10]));
        with c as materialized (select array_agg(job_id) as ids, array_agg(lease_token) as tokens
            from queue.claim_batch('q', 'w', 10))
        select count(*) from c, queue.complete_batch(c.ids, c.tokens) where c.ids is not null
        """

    @Test func `Storage is rotated while four sessions work without a pause`() async throws {
        let url = try await TestCluster.shared().makeDatabase(installed: true)
        let control = try await ScenarioRun.connect(url)
        _ = try await control.query("select queue.create_queue('q', '{\"retention_finished\": \"0\"}')")
        let rotated = try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...4 {
                group.addTask {
                    let session = try await ScenarioRun.connect(url)
                    while !Task.isCancelled {
                        for statement in Self.cycle.split(separator: ";") {
                            _ = try await session.query(String(statement))
                        }
                    }
                    await session.close()
                }
            }
            defer { group.cancelAll() }
            return try await eventually(within: .seconds(40)) {
                try await Task.sleep(for: .seconds(1))  // as a worker does: many tries would hide that each is hard
                return try await control.query("select queue.maintain() ->> 'rotation'").first?[0] == "rotated"
            }
        }
        #expect(rotated)
        await control.close()
    }
}
