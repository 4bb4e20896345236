import ArgumentParser
import Quoll

struct DeadCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Lists dead letters and puts them back.",
        subcommands: [List.self, Redrive.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists dead letters, newest first.")
        @OptionGroup var session: Session
        @Option var queue: String?
        @Option(help: "At most so many.") var max = 100

        func run() async throws {
            try await session.run { client in
                let letters = try await client.deadLetters(queue: queue, maxJobs: max)
                Table(letters: letters).print(json: session.json)
            }
        }
    }

    struct Redrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts dead letters back into a queue; prints how many.")
        @OptionGroup var session: Session
        @Argument var queue: String
        @Option(name: .customLong("error-code")) var errorCode: String?
        @Option var kind: String?
        @Option(help: "At most so many.") var max: Int?
        @Option(name: .customLong("older-than"), help: "Only what died at least so many seconds ago.")
        var olderThan: Seconds?
        @Option(name: .customLong("newer-than"), help: "Only what died in the last so many seconds.")
        var newerThan: Seconds?
        @Flag(name: .customLong("dry-run"), help: "Only count.") var dryRun = false

        /// A thousand in a transaction; none that died again meanwhile, or it might go on for ever. All at once when they
        /// are only counted.
        func run() async throws {
            try await session.run { client in
                let start = ContinuousClock.now
                var count = 0
                repeat {
                    let share = dryRun ? max : min(1000, (max ?? .max) - count)
                    let age = Swift.max(olderThan?.duration ?? .zero, ContinuousClock.now - start)
                    let redriven = try await client.redrive(
                        queue: queue, errorCode: errorCode, kind: kind, maxJobs: share, dryRun: dryRun,
                        olderThan: count == 0 ? olderThan?.duration : age, newerThan: newerThan?.duration)
                    count += redriven
                    if dryRun || redriven < 1000 { break }
                } while count < max ?? .max
                Table.print("jobs", .number(count), json: session.json)
            }
        }
    }
}

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Tells where the jobs of each queue are, and what ended in the last minute.")
    @OptionGroup var session: Session
    @Argument(help: "Only this queue.") var queue: String?

    func run() async throws {
        try await session.run { client in
            Table(stats: try await client.stats(queue: queue)).print(json: session.json)
        }
    }
}

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Prints statistics and health as text for Prometheus.")
    @OptionGroup var session: Session

    func run() async throws {
        try await session.run { print(try await $0.metricsPrometheus(), terminator: "") }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Tells whether what is stored fits together; exit status 4 when it does not. Reads everything.")
    @OptionGroup var session: Session

    func run() async throws {
        try await session.run { client in
            let checks = try await client.verify()
            Table(checks: checks).print(json: session.json)
            if !checks.allSatisfy(\.isOK) { throw ExitCode(4) }
        }
    }
}

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Tells what may be wrong; exit status 4 when something is.")
    @OptionGroup var session: Session

    func run() async throws {
        try await session.run { client in
            let checks = try await client.health()
            Table(checks: checks).print(json: session.json)
            if !checks.allSatisfy(\.isOK) { throw ExitCode(4) }
        }
    }
}

struct MaintainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintain", abstract: "Does a bounded share of the upkeep; prints what it did, as JSON.")
    @OptionGroup var session: Session

    func run() async throws {
        try await session.run { print(try await $0.maintain()) }
    }
}

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Prints the version of the installed schema.")
    @OptionGroup var session: Session

    func run() async throws {
        try await session.run { client in
            Table.print("version", .text(try await client.version()), json: session.json)
        }
    }
}
