import ArgumentParser
import Foundation

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
            FileHandle.standardError.write(Data("qworker: \(failure.message)\n".utf8))
            Foundation.exit(failure.status.rawValue)
        }
        // `--help` and `--version` come as errors too
        if QWorker.exitCode(for: error).isSuccess { QWorker.exit(withError: error) }
        let line = QWorker.message(for: error).split(separator: "\n").joined(separator: " ")
        FileHandle.standardError.write(Data("qworker: \(line)\n".utf8))
        Foundation.exit(Failure.Status.usage.rawValue)
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
