import Foundation
import TestSupport
import Testing

/// Signals, crashes and restarts.
struct QWorkerSignalTests {
    let database: Database

    init() async throws { database = try await Database.make() }

    @Test func `SIGTERM lets running commands finish and claims nothing more`() async throws {
        let gate = FileManager.default.temporaryDirectory.appending(path: "quoll-gate-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: gate) }
        try await database.enqueue(6, "slow")
        let worker = try database.qworker(
            "slow=exec:until [ -e \(gate.path) ]; do sleep 0.1; done", options: ["--concurrency", "2"])
        #expect(try await eventually { try await database.states() == "ready 4, running 2" })
        worker.signal(SIGTERM)
        #expect(try await eventually { worker.errors.contains("worker stops claiming") })
        try Data().write(to: gate)
        #expect(try await worker.end() == 0)
        #expect(try await database.states() == "ready 4, succeeded 2")
    }

    @Test func `What does not finish within the grace time is killed and released, uncharged`() async throws {
        let marker = "95\(UInt32.random(in: 10_000...99_999))"
        try await database.enqueue("slow")
        let worker = try database.qworker("slow=exec:sleep \(marker)", options: ["--grace", "300ms"])
        #expect(try await eventually { processes(with: "sleep \(marker)") == 1 })
        #expect(try await worker.terminate() == 0)
        #expect(processes(with: "sleep \(marker)") == 0)
        #expect(try await database.attempts("outcome") == "released")
        try await database.drain(["slow=builtin:noop"])
        #expect(try await database.sql("select state, attempt from queue.job") == "succeeded|1")
    }

    @Test func `The jobs of a worker killed with SIGKILL are done by another`() async throws {
        try await database.enqueue(3, "slow")
        let first = try database.qworker("slow=exec:sleep 20", options: ["--lease", "3s", "--name", "first"])
        #expect(try await eventually { try await database.states() == "running 3" })
        first.signal(SIGKILL)
        let second = try database.qworker("slow=builtin:noop", options: ["--name", "second", "--poll", "100ms"])
        #expect(try await eventually { try await database.states() == "succeeded 3" })
        #expect(try await second.terminate() == 0)
        #expect(
            try await database.sql("select outcome, worker, count(*) from queue.attempt group by 1, 2 order by 1, 2")
                == "lost|first|3\nsucceeded|second|3")
    }

    @Test(arguments: [true, false])
    func `A worker outlives its server, and does what was running when it went`(isCrash: Bool) async throws {
        let cluster = try await PrivateCluster()
        let installed = try await Command.psql(cluster.url, "\\i sql/install.sql")
        try #require(installed.status == 0, "\(installed.errors)")
        let database = Database(url: cluster.url)
        try await database.enqueue(2, "slow")
        let worker = try database.qworker("slow=exec:sleep 1", options: ["--poll", "200ms", "--lease", "5s"])
        #expect(try await eventually { try await database.states() == "running 2" })
        if isCrash { try await cluster.kill() } else { try await cluster.stop() }
        try await Task.sleep(for: .seconds(1))
        try await cluster.start()
        try await database.enqueue("slow")
        #expect(try await eventually { try await database.states() == "succeeded 3" })
        #expect(try await database.attempts("attempt, outcome") == "1|succeeded\n1|succeeded\n1|succeeded")
        #expect(try await worker.terminate() == 0)
        #expect(worker.errors.contains("cannot"))
    }
}
