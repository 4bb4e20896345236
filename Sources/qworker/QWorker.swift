import ArgumentParser
import Logging
import PostgresConnection
import QuollWorker
import ServiceLifecycle
import UnixSignals

/// The command line; see ``Settings`` for where values come from when an option is not given.
struct QWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qworker",
        abstract: "Runs jobs of Quoll queues.",
        discussion: """
            Each handler serves one kind of job:
              KIND=exec:COMMAND
                  A shell command: payload on standard input, QUOLL_JOB_ID,
                  QUOLL_ATTEMPT and more in the environment. Exit status 0
                  completes (standard output, if JSON, is the result), 75
                  snoozes, any other fails with the last line of standard error.
              KIND=http://URL or KIND=https://URL
                  A POST of the payload: 2xx completes; 408, 425, 429, 5xx and
                  time-outs retry, honouring Retry-After; others fail for good.
              KIND=builtin:noop|sleep|fail
                  For trials.

            Durations are numbers with a unit: 500ms, 30s (or 30), 5m, 1h.

            An option that is not given is taken from the environment
            (QWORKER_CONCURRENCY), then from the configuration file
            (concurrency), then its default. In the environment queues, routing
            keys, limits and timeouts are separated by commas, handlers by newlines.

            Exit status: 0 after a drain or a shutdown, 64 for bad options, 69
            without a server, 78 without the schema.
            """)

    @Option(name: .customLong("queue"), help: "A queue to serve; repeat for more. (config: queues; no default)")
    var queues: [String] = []

    @Option(
        name: .customLong("handler"),
        help: ArgumentHelp(
            "What to do with jobs of a kind; repeat for more. (config: handlers; no default)", valueName: "KIND=ACTION")
    )
    var handlers: [String] = []

    @Option(
        name: .customLong("routing-key"),
        help: "Also take jobs with this routing key; repeat for more. (config: routingKeys; default: none)")
    var routingKeys: [String] = []

    @Option(help: "How many jobs run at once. (default: 16)")
    var concurrency: Int?

    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp(
            "How many jobs of one kind run at once; repeat for more. (config: limits; default: the concurrency)",
            valueName: "KIND=N"))
    var limits: [String] = []

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp(
            "How long a job may run, of any kind or of one; repeat for more. (config: timeouts; default: no limit)",
            valueName: "[KIND=]DURATION"))
    var timeouts: [String] = []

    @Flag(help: "End with status 0 when nothing is claimable any more. (default: keep waiting for jobs)")
    var drain = false

    @Option(help: "The database: a URI or a conninfo string. (default: DATABASE_URL, else the PG* variables)")
    var databaseURL: String?

    @Option(help: "This worker's name in the history of attempts. (default: host name and process id)")
    var name: String?

    @Option(help: "The most jobs one claim asks for. (default: 100)")
    var batch: Int?

    @Option(help: "The lease asked for. (default: the queue's own)")
    var lease: String?

    @Option(help: "Look for jobs at least this often; 30s at most. (default: 1s)")
    var poll: String?

    @Option(help: "How long running jobs may go on after SIGTERM. (default: 30s)")
    var grace: String?

    @Option(help: "How often to call queue.maintain(); 0 for never. (default: 1s)")
    var maintain: String?

    @Option(help: "The delay after exit status 75. (default: 30s)")
    var snooze: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Wake at notifications, on a connection of its own; needs a session, not a transaction pooler. (default: --listen)"
    )
    var listen: Bool?

    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    @Option(help: "A configuration file, .yaml, .yml or .json. (default: QWORKER_CONFIG, else none)")
    var config: String?

    func run() async throws {
        let settings = try await Settings(command: self)
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        do {
            try await work(settings, Logger(label: "qworker"))
        } catch let error as WorkerError {
            throw Failure(status: Failure.Status(error.code), message: error.message)
        }
    }

    private func work(_ settings: Settings, _ logger: Logger) async throws {
        let worker = try QuollWorker(configuration: settings.worker, handlers: settings.handlers, logger: logger)
        // what the lifecycle itself says is for its developers
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }
}

extension Failure.Status {
    init(_ code: WorkerError.Code) {
        self =
            switch code {
            case .invalidOption: .usage
            case .notInstalled: .notInstalled
            case .unavailable: .unavailable
            default: .software
            }
    }
}
