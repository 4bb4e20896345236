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

    /// Runs `program`: a path, or a name that PATH finds.
    static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> Command {
        let variables = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
        let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments),
            environment: .inherit.updating(variables.mapValues { Optional($0) }),
            workingDirectory: FilePath(tree.path),
            input: .none, output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Command(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The installer's binary, which the build puts beside the tests.
    static let qinstallProgram: String = {
        let products = Bundle.main.bundleURL.standardizedFileURL
        let places = [products, products.deletingLastPathComponent()].map { $0.appending(path: "qinstall").path }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? places[0]
    }()

    static func qinstall(_ arguments: [String], environment: [String: String] = [:]) async throws -> Command {
        try await run(qinstallProgram, arguments, environment: environment)
    }

    /// Runs a script through psql, which stops at the first error unless told to go on.
    static func psql(_ url: String, _ script: String, goingOnAfterErrors: Bool = false) async throws -> Command {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).sql")
        try script.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let stop = goingOnAfterErrors ? "0" : "1"
        return try await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=\(stop)", "-d", url, "-f", file.path])
    }
}
