import Foundation
import TestSupport
import Testing

/// Runs scripts by bash in the source tree, with the built programs in PATH.
enum Shell {
    /// - Parameter database: what `DATABASE_URL` names.
    static func run(
        _ script: String, database: String = "", environment: [String: String] = [:]
    ) async throws -> Command {
        var variables: [String: String?] = environment
        variables["DATABASE_URL"] = database
        variables["PATH"] = "\(Command.products):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        return try await Command.run("bash", ["-c", script], environment: variables)
    }

    /// Runs SQL by psql, one connection for all of it; returns the rows, with ` | ` between columns.
    static func sql(_ script: String, database: String) async throws -> [String] {
        let run = try await Command.psql(database, "\\pset fieldsep ' | '\n" + script)
        try #require(run.status == 0, "\(run.errors)")
        return run.lines
    }

    /// The text as one word of the shell's.
    static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
