import Logging
import Metrics
import Synchronization

/// The worker without its lifecycle and its connections: claims, runs handlers, settles.
final class Engine: Sendable {
    let options: QuollWorker.Configuration
    let handlers: [JobHandler]
    let handlerOfKind: [String: Int]
    let requests: [ClaimRequest]
    let ledger: Ledger
    let stores: Stores
    let logger: Logger
    let metrics: [HandlerMetrics]
    /// Set when the worker is to end without a grace period.
    let isHurried = Atomic(false)

    /// The connections, by what they are for: a long call on one must not delay another.
    struct Stores: Sendable {
        var claiming: any JobStore
        /// Settles and heartbeats.
        var settling: any JobStore
        var upkeep: any JobStore
    }

    init(options: QuollWorker.Configuration, handlers: [JobHandler], stores: Stores, logger: Logger) {
        self.options = options
        self.handlers = handlers
        self.stores = stores
        self.logger = logger
        handlerOfKind = Dictionary(uniqueKeysWithValues: handlers.enumerated().map { ($1.kind, $0) })
        let limits = handlers.map { handler in handler.concurrency.flatMap { $0 < options.concurrency ? $0 : nil } }
        requests = ClaimRequest.all(queues: options.queues, kinds: handlers.map(\.kind), limits: limits)
        ledger = Ledger(
            concurrency: options.concurrency, limits: limits,
            backlogLimit: max(options.concurrency, options.settleBatch) * 4)
        metrics = handlers.map { HandlerMetrics(kind: $0.kind) }
    }

    /// Works until ``stop(hurry:)`` or, when draining, until nothing is claimable.
    func run(listener: (@Sendable (_ wake: @escaping @Sendable () -> Void) async -> Void)? = nil) async {
        await withTaskGroup { group in
            if let listener { group.addTask { await listener { self.ledger.claimSignal.signal() } } }
            group.addTask { await self.watchTimeouts() }
            group.addTask { await self.sendHeartbeats() }
            group.addTask { await self.maintain() }
            async let settled: Void = settle()
            await claim()
            await finishRunning()
            ledger.close()
            await settled
            group.cancelAll()
        }
    }

    /// Ends the run: no more claims, running handlers get the grace period, or none.
    func stop(hurry: Bool) {
        if hurry { isHurried.store(true, ordering: .relaxed) }
        ledger.stopClaiming()
    }

    /// How long cancelled handlers may take to return.
    private static let windDown = Duration.seconds(2)

    private func finishRunning() async {
        ledger.stopClaiming()
        await waitForRunning(until: .now + options.gracePeriod) { !self.isHurried.load(ordering: .relaxed) }
        guard ledger.running > 0 else { return }
        logger.notice("cancelling running jobs", metadata: ["jobs": "\(ledger.running)"])
        ledger.cancelAll()
        await waitForRunning(until: .now + Self.windDown) { true }
        let abandoned = ledger.releaseAll()
        if abandoned > 0 {
            logger.warning("released jobs whose handlers did not return", metadata: ["jobs": "\(abandoned)"])
        }
    }

    private func waitForRunning(until deadline: ContinuousClock.Instant, while condition: () -> Bool) async {
        while ledger.running > 0, condition(), .now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
