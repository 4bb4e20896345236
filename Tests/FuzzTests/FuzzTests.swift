import Logging
import PostgresConnection
import TestSupport
import Testing

/// Every public function, called with made-up arguments: QUOLL_FUZZ_CALLS times (5,000), from QUOLL_FUZZ_SEED on.
@Suite(.serialized) struct FuzzTests {
    private func connect(_ url: String) async throws -> PostgresConnection {
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        return try await .connect(PostgresConfiguration(url: url), logger: logger)
    }

    private func run(_ name: String, calls: Int, seed: UInt64, url: String, alone: Bool) async throws -> FuzzRun {
        let observer = alone ? try await connect(url) : nil
        let connection = try await connect(url)
        var run = try await FuzzRun(name, connection: connection, observer: observer, seed: seed)
        try await run.run(calls: calls)
        for finding in run.findings.texts.values { Issue.record("QUOLL_FUZZ_SEED=\(FuzzSettings.seed): \(finding)") }
        FuzzSettings.tell("\(name), slowest: \(run.slowest.time) for \(run.slowest.call.prefix(200))")
        await connection.close()
        await observer?.close()
        return run
    }

    @Test func `One session gets only documented errors, does nothing by halves, and the queue still works`()
        async throws
    {
        let url = try await TestCluster.shared().makeDatabase(installed: true)
        let run = try await run(
            "one session", calls: FuzzSettings.calls, seed: FuzzSettings.seed, url: url, alone: true)
        FuzzSettings.tell("refused: \(run.refusals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        // a generator that is refused everything, or nothing, tests little
        let refused = run.refusals.values.reduce(0, +)
        #expect(refused > FuzzSettings.calls / 20 && refused < FuzzSettings.calls * 3 / 4, "\(run.refusals)")
        #expect(run.functions.allSatisfy { run.calls[$0.name] != nil })
    }

    @Test func `Four sessions at once get only documented errors, and the queue still works`() async throws {
        let url = try await TestCluster.shared().makeDatabase(installed: true)
        try await withThrowingTaskGroup { group in
            for session in 0..<4 as Range<UInt64> {
                group.addTask {
                    _ = try await run(
                        "session \(session + 1) of 4", calls: FuzzSettings.calls / 4,
                        seed: FuzzSettings.seed + session, url: url, alone: false)
                }
            }
            try await group.waitForAll()
        }
    }
}
