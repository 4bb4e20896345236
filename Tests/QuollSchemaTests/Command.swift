import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// A program run to its end: how it ended, and what it wrote.
struct Command {
    /// The exit status; 128 and the signal's number more for one that a signal ended.
    let status: Int32
    let output: String
    let errors: String

    /// The top folder of the source tree.
    static let tree = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    /// Runs `program` (a path, or a name that PATH finds) with `input` on its standard input.
    static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String = ""
    ) async throws -> Command {
        let variables = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
        let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments),
            environment: .inherit.updating(variables.mapValues { Optional($0) }),
            workingDirectory: FilePath(tree.path),
            input: .string(input), output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Command(status: status, output: result.standardOutput ?? "", errors: result.standardError ?? "")
    }

    /// The installer's binary, which the build puts beside the tests.
    static func qinstall(
        _ arguments: String..., environment: [String: String] = [:]
    ) async throws -> Command {
        let products = Bundle.main.bundleURL.standardizedFileURL
        let candidates = [products, products.deletingLastPathComponent()].map { $0.appending(path: "qinstall").path }
        let program = candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
        return try await run(program, arguments, environment: environment)
    }

    /// Runs a script through psql, which stops at the first error.
    static func psql(_ url: String, _ script: String) async throws -> Command {
        try await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], input: script)
    }
}
