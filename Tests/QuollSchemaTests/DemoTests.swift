import Foundation
import QuollSchema
import TestSupport
import Testing

/// `make demo`, on few files.
@Suite struct DemoTests {
    /// Runs the demo with the binaries beside the tests, over a folder of 400 small files.
    private func demo(url: String? = nil) async throws -> Command {
        let folder = FileManager.default.temporaryDirectory.appending(path: "demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        for number in 1...400 {
            let name = number == 400 ? #"a "quoted" na\me ü.txt"# : "\(number).txt"
            try "file \(number)\n".write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
        }
        return try await Command.run(
            "scripts/demo",
            environment: ["DEMO_DIR": folder.path, "QUOLL_BIN": Command.products, "DATABASE_URL": url])
    }

    @Test func `every job comes out as it should, though a worker is killed`() async throws {
        let done = try await demo()
        #expect(done.status == 0, "\(done)")
        for text in [
            "one job for each of 400 files", "worker-1 killed while it held the jobs ", "succeeded |  401",
            "MAX_ATTEMPTS_EXCEEDED | EXIT_66", "NON_RETRYABLE         | EXIT_65", "lease of worker 'worker-1' expired",
            "399 stored fingerprints are those of sha256sum",
        ] {
            #expect(done.output.contains(text), "\(text) is not in: \(done.output)")
        }
    }

    @Test func `a database of the user's own is left as it was`() async throws {
        let cluster = try await PrivateCluster()
        let look = """
            select nspname from pg_namespace where nspname like 'queue%';
            select rolname from pg_roles where rolname like 'queue%';
            """
        var done = try await demo(url: cluster.url)
        #expect(done.status == 0, "\(done)")
        #expect(try await Command.psql(cluster.url, look).output == "")

        _ = try await ScratchDatabase.withInstaller(cluster.url) { try await $0.install() }
        _ = try await Command.psql(cluster.url, "select queue.enqueue('mine', 'k')")
        done = try await demo(url: cluster.url)
        #expect(done.status == 0, "\(done)")
        #expect(try await Command.psql(cluster.url, "select queue, state from queue.job").output == "mine|ready\n")
        #expect(try await ScratchDatabase.withInstaller(cluster.url) { try await $0.verify() } == [])
    }

    @Test func `what stands in its way is told in a line`() async throws {
        let done = try await demo(url: "postgresql://u@127.0.0.1:1/d")
        #expect(done.status == 2)
        #expect(done.errors.hasPrefix("qinstall: ") && done.errors.split(separator: "\n").count == 1, "\(done.errors)")
    }
}
