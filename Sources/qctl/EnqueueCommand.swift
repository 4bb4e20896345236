public import ArgumentParser
import Foundation
public import Quoll

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enqueue", abstract: "Adds a job; prints its id.")
    @OptionGroup var session: Session
    @Argument var queue: String
    @Argument var kind: String
    @Argument(help: "The payload as JSON; - reads it from standard input.") var payload = "{}"
    @Option(help: "-100 (last) to 100 (first).") var priority: Int?
    @Option(name: .customLong("run-in"), help: "Seconds to wait before it is due.") var runIn: Seconds?
    @Option(name: .customLong("max-attempts"), help: "1 to 10000.") var maxAttempts: Int?
    @Option(name: .customLong("unique-key"), help: "At most one live job of the queue has it: its id is printed.")
    var uniqueKey: String?
    @Option(name: .customLong("unique-for"), help: "Seconds for which even an ended job keeps the key.")
    var uniqueFor: Seconds?
    @Option(name: .customLong("on-conflict"), help: "What the job with the key gets: keep, replace or reschedule.")
    var onConflict: ConflictPolicy?
    @Option(name: .customLong("group-key"), help: "What the queue's limits and order for each group go by.")
    var groupKey: String?
    @Option(name: .customLong("routing-key"), help: "Only workers that name it get the job.") var routingKey: String?
    @Option(help: "The id of a job that must have succeeded first; may be given again.") var after: [Int64] = []
    @Option(
        name: .customLong("on-parent-failure"),
        help: "What becomes of it when such a job is dead or canceled: cancel, run or wait.")
    var onParentFailure: ParentFailurePolicy?

    func run() async throws {
        let document =
            payload == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : payload
        let options = JobOptions(
            runAt: runIn.map { Date(timeIntervalSinceNow: $0.value) }, priority: priority, maxAttempts: maxAttempts,
            uniqueKey: uniqueKey, groupKey: groupKey, uniqueFor: uniqueFor?.duration, onConflict: onConflict,
            after: after.isEmpty ? nil : after, onParentFailure: onParentFailure, routingKey: routingKey)
        try await session.run { client in
            let id = try await client.enqueue(queue: queue, kind: kind, json: document, options: options)
            Table.print("job_id", .number(id), json: session.json)
        }
    }
}

extension ConflictPolicy: ExpressibleByArgument {}
extension ParentFailurePolicy: ExpressibleByArgument {}
