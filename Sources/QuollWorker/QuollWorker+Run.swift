import Logging
import PostgresConnection
public import ServiceLifecycle

extension QuollWorker: Service {
    /// Works until a graceful shutdown or the cancellation of its task; when draining, until nothing is claimable.
    ///
    /// At a graceful shutdown running handlers get the grace period; at a cancellation they get none. In both cases the
    /// jobs of handlers that did not finish are released.
    /// - Throws: ``WorkerError`` when the server cannot be reached or has no schema at the start. Later the worker waits for a
    ///   server that is away.
    public func run() async throws {
        let stores = [makeStore(), makeStore(), makeStore()]
        let listening = configuration.listens ? makeStore() : nil
        do {
            let version = try await stores[0].version()
            logger.info("worker starts", metadata: ["name": "\(configuration.name)", "schema": "\(version)"])
        } catch let error as StoreError {
            await stores[0].close()
            throw WorkerError(atStart: error)
        }
        let engine = Engine(
            options: configuration, handlers: handlers,
            stores: .init(claiming: stores[0], settling: stores[1], upkeep: stores[2]), logger: logger)
        await run(engine, listening: listening)
        for store in stores + [listening].compactMap(\.self) { await store.close() }
        logger.info("worker ends", metadata: ["name": "\(configuration.name)"])
    }

    private func makeStore() -> PostgresJobStore {
        var postgres = configuration.postgres
        postgres.applicationName = postgres.applicationName ?? "quoll worker \(configuration.name)"
        return PostgresJobStore(
            configuration: postgres, worker: configuration.name, routingKeys: configuration.routingKeys, logger: logger)
    }

    /// Runs the engine in a task that no cancellation reaches: releasing jobs is part of stopping.
    private func run(_ engine: Engine, listening: PostgresJobStore?) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await Task {
                    await engine.run { wake in
                        if let listening { await self.listen(listening, wake: wake) }
                    }
                }.value
            } onGracefulShutdown: {
                self.logger.info("worker stops claiming", metadata: ["name": "\(self.configuration.name)"])
                engine.stop(hurry: false)
            }
        } onCancel: {
            engine.stop(hurry: true)
        }
    }

    /// How often the listening connection is asked whether it is still there.
    private static let probeInterval = Duration.seconds(30)

    /// Passes notifications on until its task is cancelled. While there is no connection the poll interval serves.
    private func listen(_ store: PostgresJobStore, wake: @escaping @Sendable () -> Void) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                let notifications = try await store.notifications(configuration.queues)
                backoff.reset()
                // what came while nobody listened
                wake()
                try await withThrowingTaskGroup { group in
                    group.addTask { for try await _ in notifications { wake() } }
                    group.addTask {
                        while true {
                            try await Task.sleep(for: Self.probeInterval)
                            try await store.probe()
                        }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            } catch  where !Task.isCancelled {
                logger.warning("cannot listen", metadata: ["error": "\(StoreError.summary(error))"])
            } catch {
                return
            }
            try? await Task.sleep(for: backoff.next())
        }
    }
}

extension WorkerError {
    init(atStart error: StoreError) {
        switch error.sqlState {
        case "3F000", "42883", "42P01":
            self.init(code: .notInstalled, message: "the database has no Quoll schema; install it with qinstall")
        case "42501":
            self.init(code: .notInstalled, message: "the database user may not use schema queue; grant it queue_worker")
        default:
            self.init(code: .unavailable, message: "cannot use the database: \(error.summary)")
        }
    }
}
