import Foundation
import TestSupport
import Testing

/// What the other tests stand on.
@Suite struct TestSupportTests {
    private func ask(_ url: String, _ sql: String) async throws -> [String] {
        let run = try await Command.psql(url, sql)
        try #require(run.status == 0, "\(run.errors)")
        return run.lines
    }

    @Test func `each database is empty but for what was asked for`() async throws {
        let cluster = try await TestCluster.shared()
        let look = """
            select to_regclass('queue.job') is not null, count(*) from pg_extension where extname = 'pgtap'
            """
        #expect(try await ask(cluster.makeDatabase(installed: false), look) == ["f|0"])
        #expect(try await ask(cluster.makeDatabase(installed: true), look) == ["t|0"])
        #expect(try await ask(cluster.makeDatabase(installed: true, withPgTAP: true), look) == ["t|1"])
        #expect(try await ask(cluster.makeDatabase(installed: false, withPgTAP: true), look) == ["f|1"])
        let used = try await cluster.makeDatabase(installed: true)
        _ = try await ask(used, "select queue.enqueue('q', 'k')")
        #expect(try await ask(cluster.makeDatabase(installed: true), "select count(*) from queue.job") == ["0"])
    }

    @Test func `a private server is killed, stopped and started, and keeps what was committed`() async throws {
        let cluster = try await PrivateCluster()
        _ = try await ask(cluster.url, "create table t as select 1 as n")
        try await cluster.kill()
        #expect(try await Command.psql(cluster.url, "select 1").status == 2)
        try await cluster.start()
        try await cluster.stop()
        #expect(try await Command.psql(cluster.url, "select 1").status == 2)
        try await cluster.start()
        #expect(try await ask(cluster.url, "select n from t") == ["1"])
    }

    @Test func `a private cluster goes with its last user`() async throws {
        var cluster: PrivateCluster? = try await PrivateCluster()
        let folder = try #require(cluster?.folder)
        #expect(FileManager.default.fileExists(atPath: folder))
        cluster = nil
        #expect(try await eventually { !FileManager.default.fileExists(atPath: folder) })
    }
}
