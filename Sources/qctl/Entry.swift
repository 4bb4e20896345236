import ArgumentParser
import Foundation
import PostgresConnection

/// `qctl`: parses its options, then works. Every error is one line on standard error.
@main
enum Entry {
    static func main() async {
        do {
            var command = try QCtl.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // what was said already, and `--help`, come as errors too
            if error is ExitCode || QCtl.exitCode(for: error).isSuccess { QCtl.exit(withError: error) }
            let line = ErrorLine(program: "qctl", QCtl.message(for: error) + " (qctl --help)")
            FileHandle.standardError.write(Data("\(line)\n".utf8))
            Foundation.exit(QCtl.exitCode(for: error).rawValue)
        }
    }
}
