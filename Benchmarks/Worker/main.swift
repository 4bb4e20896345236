import Foundation
import Logging
import PostgresConnection
import QuollWorker
import ServiceLifecycle
import UnixSignals

/// A worker for the benchmarks whose handler notes when it starts.
///
///     qbench DATABASE_URL QUEUE CONCURRENCY [FILE]
///
/// Prints `ready`, then ten times a second `handled COUNT FIRST LAST CPU` (nanoseconds since 1970, CPU seconds). At
/// SIGTERM it writes lines `NUMBER START` to FILE: the payload's `n` and the nanosecond at which its handler started.
let arguments = CommandLine.arguments
guard arguments.count >= 4, let concurrency = Int(arguments[3]) else {
    FileHandle.standardError.write(Data("usage: qbench DATABASE_URL QUEUE CONCURRENCY [FILE]\n".utf8))
    exit(64)
}

/// A line on standard output, at once.
@Sendable func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

let recorder = Recorder()
LoggingSystem.bootstrap { label in
    var handler = StreamLogHandler.standardError(label: label)
    handler.logLevel = .error
    return handler
}
var configuration = QuollWorker.Configuration(postgres: .fromEnvironment(url: arguments[1]), queues: [arguments[2]])
configuration.concurrency = concurrency
let worker = try QuollWorker(
    configuration: configuration,
    handlers: [
        JobHandler("k") { job in
            recorder.note(payload: job.payload)
            return .complete
        }
    ], logger: Logger(label: "qbench"))
let reporter = Task {
    say("ready")
    while !Task.isCancelled {
        say(recorder.progress)
        try await Task.sleep(for: .milliseconds(100))
    }
}
let group = ServiceGroup(
    services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "qbench"))
try await group.run()
reporter.cancel()
say(recorder.progress)
if arguments.count > 4 { try recorder.write(to: arguments[4]) }
