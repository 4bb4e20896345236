import TestSupport
import Testing

/// The statistics of `make bench`, which its own tests in Python check without a server.
@Suite struct HarnessTests {
    @Test func `The harness passes its own tests`() async throws {
        let check = try await Command.run("Benchmarks/run", ["--check"])
        #expect(check.status == 0, "\(check)")
        let count = check.errors.firstMatch(of: /Ran (\d+) tests/).flatMap { Int($0.1) } ?? 0
        #expect(count > 20, "\(check)")
    }

    @Test func `Its help names each measure's lengths`() async throws {
        let help = try await Command.run("Benchmarks/run", ["--help"])
        #expect(help.status == 0, "\(help)")
        #expect(help.output.contains("--drain-batches") && help.output.contains("--held-seconds"), "\(help)")
    }
}
