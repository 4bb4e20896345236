import Foundation
import Logging
import PostgresConnection
import TestSupport
import Testing

/// A full notification queue: somebody listens, and stays in a transaction, while notifications pile up.
@Suite struct NotificationQueueTests {
    /// From PostgreSQL 17 on the queue can be made small; before, it holds 8 GiB, which takes minutes to fill.
    private static let isSmall = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return (versions.compactMap { Int($0) }.max() ?? 0) >= 17
    }()
    private static let isWanted = isSmall || ProcessInfo.processInfo.environment["QUOLL_NOTIFY_FULL"] != nil

    private func connect(_ url: String) async throws -> PostgresConnection {
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await .connect(PostgresConfiguration(url: url), logger: silent)
    }

    /// Notifies in large transactions until the server refuses, then in small ones, until no page is left.
    private func fill(_ session: PostgresConnection) async throws {
        for count in [20_000, 1_000, 1] {
            while true {
                do {
                    // equal notifications of a transaction are one; the longest payload has 7,999 bytes, about a page
                    try await session.query(
                        "select count(pg_notify('noise', lpad(g::text, 7999, 'x'))) from generate_series(1, \(count)) as g"
                    )
                } catch let error as PostgresError where error.sqlState == "54000" {
                    break
                }
            }
        }
    }

    @Test(
        .enabled(if: isWanted, "before PostgreSQL 17 it takes 8 GiB and minutes: set QUOLL_NOTIFY_FULL=1 to fill it"))
    func `A full notification queue holds up no enqueue, settle or maintenance, and workers find the jobs by polling`()
        async throws
    {
        let cluster = try await PrivateCluster(settings: Self.isSmall ? ["max_notify_queue_pages=64"] : [])
        let install = try await Command.psql(cluster.url, "begin;\n\\i sql/install.sql\ncommit;")
        try #require(install.status == 0, "\(install.errors)")
        let deaf = try await connect(cluster.url)
        // to another channel, or it would have to take in all of them at the end
        try await deaf.execute("listen silence")
        try await deaf.execute("begin")
        try await deaf.execute("select 1")
        let session = try await connect(cluster.url)
        try await fill(session)
        func ask(_ statement: String) async throws -> [String?] {
            try await session.query(statement).map { $0[0] }
        }
        let refused = await #expect(throws: PostgresError.self) {
            try await session.execute("notify noise, 'one more'")
        }
        #expect(refused?.sqlState == "54000")

        try await session.execute(#"select queue.create_queue('silent', '{"notify": false}')"#)
        for queue in ["loud", "silent"] {
            // a worker that found nothing may be waiting to be notified
            let claim = "select kind from queue.claim_batch('\(queue)', 'w', 10)"
            #expect(try await ask("select queue.enqueue('\(queue)', 'first') > 0") == ["t"])
            #expect(try await ask(claim) == ["first"])
            for _ in 1...2 { #expect(try await ask(claim) == []) }
            #expect(try await ask("select queue.enqueue('\(queue)', 'second') > 0") == ["t"], "\(queue)")
            // a job that comes back is put there, too
            let fail =
                "select queue.fail(job_id, lease_token, 'E', retry_in => '0') from queue.claim_batch('\(queue)', 'w', 10)"
            #expect(try await ask(fail) == ["ok"], "\(queue)")
            #expect(try await ask("select queue.maintain() is not null") == ["t"])
            #expect(try await eventually { try await ask(claim) == ["second"] })
        }
        try await deaf.execute("rollback")
        await deaf.close()
        #expect(try await eventually { try await ask("select pg_notification_queue_usage() < 0.01") == ["t"] })
        await session.close()
    }
}
