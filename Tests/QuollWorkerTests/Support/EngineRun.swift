import Logging
import PostgresConnection
import Synchronization

@testable import QuollWorker

/// Runs an engine over a fake store.
func runEngine(
    _ store: FakeStore, _ handlers: [JobHandler], configure: (inout QuollWorker.Configuration) -> Void = { _ in },
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    during body: @escaping @Sendable (Engine) async throws -> Void = { _ in }
) async rethrows {
    var options = QuollWorker.Configuration(postgres: PostgresConfiguration(url: ""), queues: ["q"], name: "test")
    options.drains = true
    options.maintenanceInterval = nil
    options.gracePeriod = .milliseconds(200)
    configure(&options)
    let engine = Engine(
        options: options, handlers: handlers, stores: .init(claiming: store, settling: store, upkeep: store),
        logger: logger)
    async let run: Void = engine.run()
    try await body(engine)
    await run
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

/// Waits until the condition holds, at most 20 s.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
