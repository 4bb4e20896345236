import Foundation
import Subprocess
import Testing

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs scripts by bash in the source tree, with the built programs in PATH.
struct Shell {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// - Parameter database: what `DATABASE_URL` names.
    static func run(_ script: String, database: String = "", environment: [String: String] = [:]) async throws -> Shell
    {
        let inherited = ProcessInfo.processInfo.environment
        var variables = environment
        variables["DATABASE_URL"] = database
        variables["PATH"] = "\(products):\(inherited["PATH"] ?? "/usr/bin:/bin")"
        let changes = Dictionary(
            uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0), Optional($1)) })
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", script], environment: .inherit.updating(changes),
            workingDirectory: FilePath(Document.tree.path),
            input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Shell(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs SQL by psql, one connection for all of it; returns the rows, with ` | ` between columns.
    static func sql(_ script: String, database: String) async throws -> [String] {
        let run = try await run(
            #"printf '%s' "$SCRIPT" | psql -XqAt -F ' | ' -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f -"#,
            database: database, environment: ["SCRIPT": script])
        try #require(run.status == 0, "\(run.errors)")
        return run.lines
    }

    /// The text as one word of the shell's.
    static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: #"'\''"#) + "'"
    }

    /// The folder that the build puts programs into, beside the tests.
    private static let products: String = {
        let bundle = Bundle.main.bundleURL.standardizedFileURL
        let places = [bundle, bundle.deletingLastPathComponent()].map(\.path)
        return places.first { FileManager.default.isExecutableFile(atPath: $0 + "/qinstall") } ?? places[0]
    }()
}
