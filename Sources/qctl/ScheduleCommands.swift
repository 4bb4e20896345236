import ArgumentParser
import Foundation
import Quoll

struct ScheduleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Enqueues jobs by time.",
        subcommands: [List.self, Put.self, Remove.self, Pause.self, Resume.self, Next.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists schedules.")
        @OptionGroup var session: Session

        func run() async throws {
            try await session.run { Table(schedules: try await $0.schedules()).print(json: session.json) }
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds or replaces a schedule; prints its next fire.")
        @OptionGroup var session: Session
        @Argument var name: String
        @Argument(help: "Such as '30 2 * * mon-fri', @daily or '@every 90 seconds'.") var cron: String
        @Argument var queue: String
        @Argument var kind: String
        @Argument(help: "The payload as JSON.") var payload = "{}"
        @Option(name: .customLong("time-zone"), help: "Such as Europe/Berlin.") var timeZone = "UTC"
        @Option(
            name: .customLong("catch-up"), help: "none, latest or all of the fires that were missed.",
            transform: Self.catchUp)
        var catchUp = CatchUp.latest

        private static func catchUp(_ text: String) throws -> CatchUp {
            guard let value = CatchUp(rawValue: text) else { throw ValidationError("use none, latest or all") }
            return value
        }

        func run() async throws {
            try await session.run { client in
                let next = try await client.schedule(
                    name: name, cron: cron, queue: queue, kind: kind, json: payload, timeZone: timeZone,
                    catchUp: catchUp)
                Table.print("next_at", .time(next), json: session.json)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a schedule; its jobs stay.")
        @OptionGroup var session: Session
        @Argument var name: String

        func run() async throws {
            try await session.run { try await $0.unschedule(name) }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stops a schedule until it is resumed.")
        @OptionGroup var session: Session
        @Argument var name: String

        func run() async throws {
            try await session.run { try await $0.pauseSchedule(name) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a paused schedule go on.")
        @OptionGroup var session: Session
        @Argument var name: String

        func run() async throws {
            try await session.run { try await $0.resumeSchedule(name) }
        }
    }

    struct Next: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the next fires of a schedule.")
        @OptionGroup var session: Session
        @Argument var name: String
        @Option(help: "How many.") var count = 5

        func run() async throws {
            try await session.run { client in
                var table = Table(columns: ["next_at"])
                table.rows = try await client.nextFires(name, maxFires: count).map { [.time($0)] }
                table.print(json: session.json)
            }
        }
    }
}
