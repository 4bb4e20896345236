import Foundation
import TestSupport
import Testing

/// The script that installs what is missing, with a package manager that only writes down what it is asked.
@Suite struct SetupScriptTests {
    /// Runs the script where `missing` is not installed; returns what it said and what apt-get was asked.
    private func setup(missing: String, aptFails: Bool = false) async throws -> (Command, asked: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "setup-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = folder.appending(path: "log").path
        let programs = [
            "dpkg-query": "case \"$*\" in *'\(missing)'*) exit 1;; *) echo installed;; esac",
            "apt-get": "echo \"$*\" >> \(log)\(aptFails ? "; echo 'E: no such package'; exit 100" : "")",
            "sudo": "exec \"$@\"",
        ]
        for (name, body) in programs {
            let path = folder.appending(path: name).path
            try "#!/bin/sh\n\(body)\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let path = folder.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        let command = try await Command.run("scripts/setup", environment: ["PATH": path])
        return (command, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }

    @Test func `nothing is done where everything is there`() async throws {
        let (command, asked) = try await setup(missing: "no package of ours")
        #expect(command.status == 0, "\(command)")
        #expect(command.output.hasPrefix("setup: everything needed is installed"))
        #expect(asked == "")
    }

    @Test func `what is missing, and only that, is named and installed`() async throws {
        let (command, asked) = try await setup(missing: "pgbouncer")
        #expect(command.status == 0, "\(command)")
        #expect(command.output.contains("setup: installing pgbouncer\n"))
        #expect(asked == "-q update\n-q install -y --no-install-recommends pgbouncer\n")
    }

    @Test func `a package that cannot be installed is named`() async throws {
        let (command, _) = try await setup(missing: "pgbouncer", aptFails: true)
        #expect(command.status == 1)
        #expect(command.errors.contains("E: no such package"))
        #expect(command.errors.hasSuffix("setup: apt-get could not install pgbouncer\n"))
    }
}
