import ArgumentParser
import Foundation
import Quoll

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enqueue", abstract: "Adds a job; prints its id.")
    @OptionGroup var session: Session
    @Argument var queue: String
    @Argument var kind: String
    @Argument(help: "The payload as JSON; - reads it from standard input.") var payload = "{}"
    @Option(help: "-100 (last) to 100 (first).") var priority: Int?
    @Option(name: .customLong("run-in"), help: "Seconds to wait before it is due.") var runIn: Double?
    @Option(name: .customLong("max-attempts")) var maxAttempts: Int?
    @Option(name: .customLong("unique-key")) var uniqueKey: String?

    func run() async throws {
        let document =
            payload == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : payload
        let options = JobOptions(
            runAt: runIn.map { Date(timeIntervalSinceNow: $0) }, priority: priority, maxAttempts: maxAttempts,
            uniqueKey: uniqueKey)
        try await session.run { client in
            print(try await client.enqueue(queue: queue, kind: kind, json: document, options: options))
        }
    }
}

struct JobCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Shows, cancels and retries jobs.",
        subcommands: [List.self, Show.self, Explain.self, Cancel.self, Retry.self, Replay.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists jobs by id.")
        @OptionGroup var session: Session
        @Option var queue: String?
        @Option var state: String?
        @Option var kind: String?
        @Option(help: "Only ids greater than this one: the last of the page before.") var after: Int64?
        @Option(help: "At most so many.") var max = 100

        func run() async throws {
            try await session.run { client in
                let jobs = try await client.listJobs(
                    queue: queue, state: state.map(JobState.init(rawValue:)), kind: kind, afterID: after, maxJobs: max)
                Table(jobs: jobs).print(json: session.json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a job and its attempts.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { client in
                guard let job = try await client.getJob(jobID) else {
                    throw QuollError(code: .notFound, message: "job \(jobID) does not exist")
                }
                Table(jobs: [job]).print(json: session.json)
                Table(attempts: try await client.attempts(jobID)).print(json: session.json)
            }
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells why a job is not running, and what happened to it.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { client in
                guard let why = try await client.explain(jobID) else {
                    throw QuollError(code: .notFound, message: "job \(jobID) does not exist")
                }
                var answer = Table(columns: ["state", "reason", "detail", "hint"])
                answer.rows = [[.text(why.state.rawValue), .text(why.reason), .text(why.detail), .text(why.hint)]]
                answer.print(json: session.json)
                var story = Table(columns: ["at", "event", "attempt", "worker", "detail"])
                story.rows = try await client.timeline(jobID).map { event in
                    [
                        .time(event.at), .text(event.event), .number(event.attempt.map(Int64.init)),
                        .text(event.worker),
                        .text(event.detail),
                    ]
                }
                story.print(json: session.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancels a job; prints its state.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { print(try await $0.cancel(jobID)) }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a job ready again; prints its state.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { print(try await $0.retry(jobID)) }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enqueues a job anew; prints the new id.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64
        @Option(help: "Into this queue instead of its own.") var queue: String?

        func run() async throws {
            try await session.run { print(try await $0.replay(jobID, queue: queue)) }
        }
    }
}

extension Table {
    init(jobs: [JobRecord]) {
        self.init(columns: [
            "job_id", "queue", "kind", "state", "attempt", "priority", "run_at", "enqueued_at", "payload", "result",
        ])
        rows = jobs.map { job in
            [
                .number(job.jobID), .text(job.queue), .text(job.kind), .text(job.state.rawValue),
                .number(Int64(job.attempt)), .number(Int64(job.priority)), .time(job.runAt), .time(job.enqueuedAt),
                .json(job.payload), .json(job.result),
            ]
        }
    }

    init(attempts: [AttemptRecord]) {
        self.init(columns: ["attempt", "outcome", "error_code", "error_message", "worker", "claimed_at", "finished_at"])
        rows = attempts.map { attempt in
            [
                .number(Int64(attempt.attempt)), .text(attempt.outcome), .text(attempt.errorCode),
                .text(attempt.errorMessage), .text(attempt.worker), .time(attempt.claimedAt), .time(attempt.finishedAt),
            ]
        }
    }
}
