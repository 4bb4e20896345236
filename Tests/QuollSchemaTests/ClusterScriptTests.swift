import Foundation
import TestSupport
import Testing

/// The script that starts a private cluster leaves nothing behind.
@Suite struct ClusterScriptTests {
    /// Waits until `folder` is gone, for a generous while.
    private func isRemoved(_ folder: String) async throws -> Bool {
        for _ in 0..<300 {
            if !FileManager.default.fileExists(atPath: folder) { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    @Test func `a command runs with the cluster's address, and its status is passed on`() async throws {
        let script = "psql -XAtc 'select 6 * 7' && psql -XAtd \"$DATABASE_URL\" -c 'show fsync' && echo $PGHOST; exit 5"
        let run = try await Command.run("scripts/cluster", ["run", "fsync=off", "--", "sh", "-c", script])
        #expect(run.status == 5, "\(run)")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 3 && lines.starts(with: ["42", "off"]), "\(run)")
        #expect(try await isRemoved(lines.last ?? ""))
    }

    @Test func `the cluster goes when the script is killed outright`() async throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = Command.tree.appending(path: "scripts/cluster")
        process.arguments = ["run", "fsync=off", "--", "sh", "-c", "echo $PGHOST; exec sleep 20"]
        process.standardOutput = output
        try process.run()
        let folder = PrivateCluster.firstLine(of: output.fileHandleForReading)
        #expect(FileManager.default.fileExists(atPath: folder + "/data/postmaster.pid"))
        kill(process.processIdentifier, SIGKILL)
        #expect(try await isRemoved(folder))
    }

    @Test func `a folder that it did not make is not removed`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mine-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try await Command.run("scripts/cluster", ["stop", folder.path])
        #expect(run.status == 1)
        #expect(run.errors.contains("was not made by this script"))
        #expect(FileManager.default.fileExists(atPath: folder.path))
    }
}
