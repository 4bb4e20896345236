public import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A program run to its end: how it ended, and what it wrote.
public struct Command: Sendable {
    /// The exit status; 128 and the signal's number more for one that a signal ended.
    public let status: Int32
    public let output: String
    public let errors: String

    /// What it wrote, without empty lines.
    public var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The top folder of the source tree.
    public static let tree = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL

    /// Runs `program`, a path or a name that PATH finds, in the top folder of the source tree.
    ///
    /// - Parameters:
    ///   - environment: Variables to set, beside those of this process; null removes one.
    ///   - input: What it reads from its standard input, through a file.
    public static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], input: String = ""
    ) async throws -> Command {
        let variables = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
        let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
        // a file, for one that ends before it has read a pipe would raise SIGPIPE here
        let file = FileManager.default.temporaryDirectory.appending(path: "quoll-input-\(UUID().uuidString)")
        try input.write(to: file, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: .inherit.updating(variables),
            workingDirectory: FilePath(tree.path),
            input: .fileDescriptor(try .open(FilePath(file.path), .readOnly), closeAfterSpawningProcess: true),
            output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Command(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The folder of the programs that the build puts beside the tests.
    public static let products: String = {
        let bundle = Bundle.main.bundleURL.standardizedFileURL
        let places = [bundle, bundle.deletingLastPathComponent()].map(\.path)
        let programs = ["qinstall", "qworker", "qctl"]
        return places.first { place in
            programs.contains { FileManager.default.isExecutableFile(atPath: "\(place)/\($0)") }
        } ?? places[0]
    }()

    /// The path of one of the package's programs.
    public static func program(_ name: String) -> String { "\(products)/\(name)" }

    /// The path of the installer.
    public static let qinstallProgram = program("qinstall")

    public static func qinstall(_ arguments: [String], environment: [String: String?] = [:]) async throws -> Command {
        try await run(qinstallProgram, arguments, environment: environment)
    }

    /// Runs a script through psql, which stops at the first error unless told to go on.
    public static func psql(_ url: String, _ script: String, goingOnAfterErrors: Bool = false) async throws -> Command {
        let stop = goingOnAfterErrors ? "0" : "1"
        return try await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=\(stop)", "-d", url, "-f", "-"], input: script)
    }
}
