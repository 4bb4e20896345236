import Logging
import PostgresConnection
import Synchronization

@testable import QuollWorker

/// An engine over a fake store; drains unless told otherwise.
func makeEngine(
    _ store: FakeStore, _ handlers: [JobHandler],
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configure: (inout QuollWorker.Configuration) -> Void = { _ in }
) -> Engine {
    var options = QuollWorker.Configuration(postgres: PostgresConfiguration(url: ""), queues: ["q"], name: "test")
    options.drains = true
    options.maintenanceInterval = nil
    options.gracePeriod = .milliseconds(200)
    configure(&options)
    return Engine(
        options: options, handlers: handlers, stores: .init(claiming: store, settling: store, upkeep: store),
        logger: logger)
}

/// Runs an engine over a fake store until the store is drained.
func runEngine(
    _ store: FakeStore, _ handlers: [JobHandler],
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configure: (inout QuollWorker.Configuration) -> Void = { _ in }
) async {
    await makeEngine(store, handlers, logger: logger, configure: configure).run()
}

extension Engine {
    /// Runs, with something beside it.
    func running(_ body: @Sendable (Engine) async throws -> Void) async throws {
        async let run: Void = run()
        try await body(self)
        await run
    }
}

/// A number that many tasks count up.
final class Count: Sendable {
    private let state = Mutex((now: 0, most: 0))

    func enter() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }

    var now: Int { state.withLock { $0.now } }
    /// The most that were inside at once.
    var most: Int { state.withLock { $0.most } }
}
