import ArgumentParser
import Quoll

struct QueueCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Lists, creates, configures, pauses, resumes, empties and drops queues.",
        subcommands: [
            List.self, Create.self, Configure.self, Pause.self, Resume.self, Cancel.self, Drop.self, Refusals.self,
            Archive.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists queues and their options.")
        @OptionGroup var session: Session

        func run() async throws {
            try await session.run { client in
                Table(queues: try await client.listQueues()).print(json: session.json)
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Creates a queue.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Argument(help: "Options as a JSON object, such as '{\"lease\": \"30 seconds\"}'.") var options = "{}"

        func run() async throws {
            try await session.run { try await $0.createQueue(queue, options: options) }
        }
    }

    struct Configure: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Changes options of a queue; the others stay.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Argument(help: "Options as a JSON object.") var options: String

        func run() async throws {
            try await session.run { try await $0.configureQueue(queue, options: options) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hands out nothing of a queue until it is resumed.")
        @OptionGroup var session: Session
        @Argument var queue: String

        func run() async throws {
            try await session.run { try await $0.pauseQueue(queue) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Hands out a paused queue's jobs again.")
        @OptionGroup var session: Session
        @Argument var queue: String

        func run() async throws {
            try await session.run { try await $0.resumeQueue(queue) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels jobs of a queue that have not ended; prints how many.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Option(help: "Only those that are ready, scheduled, retrying, blocked or running.") var state: String?
        @Option var kind: String?
        @Option(help: "At most so many.") var max: Int?
        @Flag(name: .customLong("dry-run"), help: "Only count.") var dryRun = false

        /// A thousand in a transaction, so that claims never wait long; all at once when they are only counted.
        func run() async throws {
            try await session.run { client in
                var count = 0
                repeat {
                    let share = min(dryRun ? 100_000 : 1000, (max ?? .max) - count)
                    guard share > 0 else { break }
                    let canceled = try await client.cancelJobs(
                        queue: queue, state: state.map(JobState.init(rawValue:)), kind: kind, maxJobs: share,
                        dryRun: dryRun)
                    count += canceled
                    if canceled < share || dryRun { break }
                } while true
                Table.print("jobs", .number(count), json: session.json)
            }
        }
    }

    struct Archive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a queue's archived jobs, those that ended last first.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Option(help: "At most so many.") var max = 100

        func run() async throws {
            try await session.run { client in
                let jobs = try await client.archivedJobs(queue: queue, maxJobs: max)
                Table(archived: jobs).print(json: session.json)
            }
        }
    }

    struct Refusals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists refused enqueues, newest first.")
        @OptionGroup var session: Session
        @Argument(help: "Only of this queue.") var queue: String?
        @Option(help: "At most so many.") var max = 100

        func run() async throws {
            try await session.run { client in
                let decisions = try await client.ingestDecisions(queue: queue, maxDecisions: max)
                Table(decisions: decisions).print(json: session.json)
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a queue.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Flag(help: "Even with live jobs, which go with it.") var force = false

        func run() async throws {
            try await session.run { try await $0.dropQueue(queue, force: force) }
        }
    }
}
