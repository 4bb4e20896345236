import ArgumentParser
import Foundation
import PostgresConnection

/// `qworker`: parses its options, then works. Every error is one line on standard error.
@main
enum Entry {
    static func main() async {
        do {
            let command = try QWorker.parse()
            try await command.run()
        } catch {
            exit(with: error)
        }
    }

    private static func exit(with error: any Error) -> Never {
        if let failure = error as? Failure {
            say(failure.message)
            Foundation.exit(failure.status.rawValue)
        }
        // `--help` and `--version` come as errors too
        if QWorker.exitCode(for: error).isSuccess { QWorker.exit(withError: error) }
        say(QWorker.message(for: error))
        Foundation.exit(Failure.Status.usage.rawValue)
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data("\(ErrorLine(program: "qworker", text))\n".utf8))
    }
}

/// Why the command ends with an error.
struct Failure: Error, Equatable {
    /// Exit statuses, as in sysexits.h.
    enum Status: Int32 {
        /// Bad options or a bad configuration file.
        case usage = 64
        /// No server.
        case unavailable = 69
        /// Something unforeseen.
        case software = 70
        /// The server has no schema that the worker can use.
        case notInstalled = 78
    }

    var status: Status
    var message: String
}
