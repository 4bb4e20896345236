import ArgumentParser
import Foundation
import PostgresConnection

/// `qinstall`: parses its options, then works. Every error is one line on standard error.
@main
enum Entry {
    static func main() async {
        do {
            try await QInstall.parse().run()
        } catch {
            // what was said already, `--help` and `--version` come as errors too
            if error is ExitCode || QInstall.exitCode(for: error).isSuccess { QInstall.exit(withError: error) }
            let line = ErrorLine(program: "qinstall", QInstall.message(for: error) + " (qinstall --help)")
            FileHandle.standardError.write(Data("\(line)\n".utf8))
            Foundation.exit(QInstall.exitCode(for: error).rawValue)
        }
    }
}
