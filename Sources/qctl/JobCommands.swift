import ArgumentParser
import Quoll

struct JobCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Shows, cancels, retries and awaits jobs.",
        subcommands: [List.self, Show.self, Explain.self, Cancel.self, Retry.self, Replay.self, Wait.self])

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
                guard let job = try await client.getJob(jobID) else { throw QuollError.noJob(jobID) }
                let attempts = Table(attempts: try await client.attempts(jobID))
                Table.print(["job": Table(job: job), "attempts": attempts], json: session.json)
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
                guard let why = try await client.explain(jobID) else { throw QuollError.noJob(jobID) }
                let timeline = Table(timeline: try await client.timeline(jobID))
                Table.print(["explanation": Table(explanation: why), "timeline": timeline], json: session.json)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancels a job; prints its state.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { client in
                Table.print("state", .text(try await client.cancel(jobID).rawValue), json: session.json)
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a job ready again; prints its state.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64

        func run() async throws {
            try await session.run { client in
                Table.print("state", .text(try await client.retry(jobID).rawValue), json: session.json)
            }
        }
    }

    struct Wait: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Waits until a job has ended, or the time is up; prints its state.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64
        @Option(help: "Seconds, at most 3600.") var timeout = Seconds(value: 30)

        func run() async throws {
            try await session.run { client in
                let state = try await client.wait(for: jobID, timeout: timeout.duration)
                Table.print("state", .text(state.rawValue), json: session.json)
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enqueues a job anew; prints the new id.")
        @OptionGroup var session: Session
        @Argument var jobID: Int64
        @Option(help: "Into this queue instead of its own.") var queue: String?

        func run() async throws {
            try await session.run { client in
                Table.print("job_id", .number(try await client.replay(jobID, queue: queue)), json: session.json)
            }
        }
    }
}

extension QuollError {
    fileprivate static func noJob(_ jobID: Int64) -> QuollError {
        QuollError(code: .notFound, message: "job \(jobID) does not exist")
    }
}
