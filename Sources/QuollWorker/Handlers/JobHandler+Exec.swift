import Foundation

extension JobHandler {
    /// How the exit status of a command is read.
    private static let snoozeStatus: Int32 = 75

    /// Runs a shell command for each job.
    ///
    /// The payload is on its standard input and the job in its environment (`QUOLL_JOB_ID`, `QUOLL_QUEUE`, `QUOLL_KIND`,
    /// `QUOLL_ATTEMPT`, `QUOLL_MAX_ATTEMPTS`, `QUOLL_PRIORITY`, `QUOLL_GROUP_KEY`, `QUOLL_ENQUEUED_AT`, `QUOLL_HEADERS` as JSON, and
    /// `QUOLL_HEADER_<NAME>` for each header that is no array or object), beside the worker's own. Exit status 0
    /// completes the job, with the standard output as its result if that is JSON; 75 snoozes it; any other fails it with
    /// the code `EXIT_<status>` and the last line of the standard error. At the timeout the command's whole process
    /// group is killed.
    /// - Parameters:
    ///   - command: given to `/bin/sh -c`.
    ///   - snooze: the delay after exit status 75.
    ///   - outputLimit: the most bytes of standard output; more fails the job with `RESULT_TOO_LARGE`.
    public static func exec(
        _ kind: String, command: String, concurrency: Int? = nil, timeout: Duration? = nil,
        snooze: Duration = .seconds(30), outputLimit: Int = 262_144
    ) -> JobHandler {
        JobHandler(kind, concurrency: concurrency, timeout: timeout) { job in
            let child = Command(
                path: "/bin/sh", arguments: ["-c", command], environment: job.environment(),
                input: Array(job.payload.utf8), outputLimit: outputLimit, errorLimit: 8_192)
            do {
                return outcome(of: try await child.run(), snooze: snooze)
            } catch let error as SpawnError {
                throw JobFailure(code: "EXEC_FAILED", message: String(cString: strerror(error.errorNumber)))
            }
        }
    }

    private static func outcome(of report: Command.Report, snooze: Duration) -> Outcome {
        switch report.ending {
        case .exited(0) where report.isOutputCut:
            .fail(code: "RESULT_TOO_LARGE", message: "the command wrote more than \(report.output.count) bytes")
        case .exited(0):
            JSONText.ifValid(report.output).map { .complete(json: $0) } ?? .complete
        case .exited(snoozeStatus):
            .snooze(snooze)
        case .exited(let status):
            .fail(code: "EXIT_\(status)", message: lastLine(report.errorTail))
        case .signaled(let signal):
            .fail(code: "SIGNAL_\(signal)", message: lastLine(report.errorTail))
        }
    }

    private static func lastLine(_ bytes: [UInt8]) -> String? {
        bytes.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces) }
            .last { !$0.isEmpty }?.limited()
    }
}

extension Job {
    /// The environment of a command run for this job: the worker's own and the job's fields.
    func environment(base: [String: String] = ProcessInfo.processInfo.environment) -> [String] {
        var values = base.filter { !$0.key.hasPrefix("QUOLL_") }
        for (name, value) in headerFields {
            let safe = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            values["QUOLL_HEADER_" + String(safe)] = value
        }
        let own = [
            "JOB_ID": "\(id)", "QUEUE": queue, "KIND": kind, "ATTEMPT": "\(attempt)", "MAX_ATTEMPTS": "\(maxAttempts)",
            "PRIORITY": "\(priority)", "GROUP_KEY": groupKey, "ENQUEUED_AT": enqueuedAt.ISO8601Format(),
            "HEADERS": headers ?? "{}",
        ]
        for (name, value) in own { values["QUOLL_" + name] = value }
        return values.map { "\($0)=\($1)" }
    }
}
