public import Logging

/// A worker: claims jobs of the kinds it has handlers for, runs them, and settles them.
///
/// ```swift
/// let worker = try QuollWorker(
///     configuration: .init(postgres: .fromEnvironment(), queues: ["mail"]),
///     handlers: [JobHandler("welcome", payload: Welcome.self) { welcome, _ in try await send(welcome) }],
///     logger: logger)
/// try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// Jobs are delivered at least once: a job whose lease is lost (a crash, a partition) is given to another worker, and
/// what this worker reports of it afterwards is refused as `stale`.
public final class QuollWorker: Sendable {
    public let configuration: Configuration
    let handlers: [JobHandler]
    let logger: Logger

    /// - Throws: ``WorkerError`` for options that make no sense together.
    public init(configuration: Configuration, handlers: [JobHandler], logger: Logger) throws {
        try configuration.validate(handlers: handlers)
        self.configuration = configuration
        self.handlers = handlers
        self.logger = logger
    }
}
