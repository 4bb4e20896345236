import Configuration
import Foundation
import Logging
import PostgresConnection
import QuollWorker

/// The options with every source looked at: command line, then environment, then file, then default.
struct Settings {
    var worker: QuollWorker.Configuration
    var handlers: [JobHandler]
    var logLevel: Logger.Level

    /// - Throws: ``Failure`` for a value that makes no sense, wherever it came from.
    init(command: QWorker, environment: [String: String] = ProcessInfo.processInfo.environment) async throws {
        let values = try await Sources(file: command.config ?? environment["QWORKER_CONFIG"], environment: environment)

        let url = try await command.databaseURL.orElse { try await values.text("databaseUrl") }
        worker = QuollWorker.Configuration(
            postgres: .fromEnvironment(url: url), queues: try await values.list("queues", command.queues),
            name: try await command.name.orElse { try await values.text("name") })
        worker.routingKeys = try await values.list("routingKeys", command.routingKeys)
        worker.concurrency = try await values.number("concurrency", command.concurrency) ?? worker.concurrency
        worker.claimBatch = try await values.number("batch", command.batch) ?? worker.claimBatch
        worker.lease = try await values.duration("lease", command.lease)
        worker.pollInterval = try await values.duration("poll", command.poll) ?? worker.pollInterval
        worker.gracePeriod = try await values.duration("grace", command.grace) ?? worker.gracePeriod
        let maintenance = try await values.duration("maintain", command.maintain) ?? worker.maintenanceInterval
        worker.maintenanceInterval = maintenance == .zero ? nil : maintenance
        worker.listens = try await command.listen.orElse { try await values.flag("listen") } ?? worker.listens
        let drains = try await values.flag("drain")
        worker.drains = command.drain || drains ?? false

        let level = try await command.logLevel.orElse { try await values.text("logLevel") } ?? "info"
        guard let logLevel = Logger.Level(rawValue: level) else {
            throw Failure(status: .usage, message: "\"\(level)\" is no log level")
        }
        self.logLevel = logLevel

        let limits = try KindOptions(try await values.list("limits", command.limits), name: "limit") { Int($0) }
        let timeouts = try KindOptions(
            try await values.list("timeouts", command.timeouts), name: "timeout", allowsGeneral: true,
            parse: DurationText.parse)
        worker.timeout = timeouts.general
        let snooze = try await values.duration("snooze", command.snooze) ?? .seconds(30)
        handlers = try await values.handlers(command.handlers).map { text in
            let specification = try HandlerSpecification(parsing: text)
            return specification.handler(
                concurrency: limits[specification.kind], timeout: timeouts[specification.kind] ?? timeouts.general,
                snooze: snooze)
        }
        try limits.check(kinds: handlers.map(\.kind))
        try timeouts.check(kinds: handlers.map(\.kind))
    }
}

extension Optional {
    /// This value, or the other source's.
    fileprivate func orElse(_ other: () async throws -> Wrapped?) async rethrows -> Wrapped? {
        if let self { self } else { try await other() }
    }
}
