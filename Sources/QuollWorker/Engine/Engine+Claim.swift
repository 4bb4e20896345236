import Logging
import Metrics
import PostgresConnection
import Quoll

extension Engine {
    private enum ClaimResult {
        case jobs(Int)
        case noSlot, failed
    }

    /// How long to let slots gather before a claim that could ask for few only.
    private static let linger = Duration.milliseconds(2)
    /// Empty rounds, with a pause between, after which a drained queue is believed: an empty answer may also mean that
    /// others were claiming at that instant.
    private static let emptyRoundsToDrain = 3
    private static let drainPause = Duration.milliseconds(20)

    /// Claims and starts jobs until the worker stops or, when draining, nothing is claimable.
    func claim() async {
        var backoff = Backoff()
        var turn = 0
        var emptyRounds = 0
        while await waitForSlots() {
            let wasIdle = ledger.isIdle
            var claimed = 0
            var isLimited = false
            var hasFailed = false
            for offset in requests.indices where !hasFailed {
                switch await claim(requests[(turn + offset) % requests.count]) {
                case .jobs(let count): claimed += count
                case .noSlot: isLimited = true
                case .failed: hasFailed = true
                }
            }
            turn = (turn + 1) % requests.count
            if hasFailed {
                await ledger.claimSignal.wait(timeout: backoff.next())
                continue
            }
            backoff.reset()
            if claimed > 0 {
                emptyRounds = 0
            } else if options.drains {
                emptyRounds = wasIdle && !isLimited ? emptyRounds + 1 : 0
                if emptyRounds == Self.emptyRoundsToDrain { return }
                await ledger.claimSignal.wait(timeout: Self.drainPause)
            } else {
                if isLimited { ledger.wantsAnyFinish() }
                await ledger.claimSignal.wait(timeout: options.pollInterval)
            }
        }
    }

    /// Waits until a claim is worth its round trip: half a batch of slots, or one slot and a moment's patience.
    /// - Returns: false when the worker is stopping.
    private func waitForSlots() async -> Bool {
        while !ledger.wants(1) { await ledger.claimSignal.wait() }
        if !ledger.wants((min(options.claimBatch, options.concurrency) + 1) / 2) {
            await ledger.claimSignal.wait(timeout: Self.linger)
        }
        return !ledger.isStopping
    }

    private func claim(_ request: ClaimRequest) async -> ClaimResult {
        let slots = ledger.reserve(options.claimBatch, handler: request.limitedHandler)
        guard slots > 0 else { return .noSlot }
        do {
            let claimed = try await stores.claiming.claim(
                queue: request.queue, kinds: request.kinds, count: slots, lease: options.lease)
            start(claimed, reserved: slots, limited: request.limitedHandler)
            return .jobs(claimed.count)
        } catch {
            ledger.giveBack(slots, handler: request.limitedHandler)
            logger.warning(
                "cannot claim", metadata: ["queue": "\(request.queue)", "error": "\(StoreError.summary(error))"])
            return .failed
        }
    }

    private func start(_ claimed: [Claimed], reserved: Int, limited: Int?) {
        let jobs = claimed.compactMap { claimed in
            handlerOfKind[claimed.job.kind].map {
                (claimed: claimed, handler: $0, timeout: handlers[$0].timeout ?? options.timeout)
            }
        }
        for job in jobs { metrics[job.handler].claimed.increment() }
        let hasBegun = ledger.begin(jobs, reserved: reserved, limited: limited) { number, handler, job in
            Task { await self.perform(number, handler, job) }
        }
        if !hasBegun {
            ledger.add(claimed.map { Settlement(job: $0.job, outcome: .release) })
        }
    }
}

extension StoreError {
    /// What to log of an error: nothing that may carry a payload.
    static func summary(_ error: any Error) -> String {
        switch error {
        case let error as StoreError: error.summary
        case let error as PostgresError: StoreError(QuollError(error)).summary
        default: "\(type(of: error))"
        }
    }
}
