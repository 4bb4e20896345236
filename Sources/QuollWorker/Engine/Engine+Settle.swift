import Logging
import Metrics
import Quoll

extension Engine {
    /// How long outcomes are still offered to an unreachable server once the worker is ending.
    private static let lastEffort = Duration.seconds(5)

    /// Sends outcomes to the server: at once when it is idle, and whatever has gathered meanwhile after each round trip.
    func settle() async {
        while let batch = await ledger.takeOutcomes(options.settleBatch) {
            await settle(batch)
            ledger.settled(batch.count)
        }
    }

    /// Offers a batch until the server has taken it. What the server refuses is offered one by one.
    private func settle(_ batch: [Settlement]) async {
        var backoff = Backoff()
        var isRepeated = false
        var giveUp: ContinuousClock.Instant?
        while true {
            do {
                report(batch, try await stores.settling.settle(batch), isRepeated: isRepeated)
                return
            } catch let error as StoreError where error.reason == .refused {
                await settleRefused(batch, error)
                return
            } catch {
                logger.warning(
                    "cannot settle", metadata: ["jobs": "\(batch.count)", "error": "\(StoreError.summary(error))"])
                isRepeated = true
                if ledger.isStopping, ledger.running == 0 { giveUp = giveUp ?? .now + Self.lastEffort }
                if let giveUp, giveUp < .now {
                    logger.error("left jobs unsettled; their leases will lapse", metadata: ["jobs": "\(batch.count)"])
                    return
                }
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func settleRefused(_ batch: [Settlement], _ error: StoreError) async {
        guard batch.count == 1, let settlement = batch.first else {
            for settlement in batch { await settle([settlement]) }
            return
        }
        logger.error(
            "the server refused an outcome",
            metadata: settlement.job.metadata([
                "outcome": "\(settlement.outcome.label)", "error": "\(error.summary)",
            ]))
        guard settlement.outcome != Self.refused(error) else { return }
        await settle([Settlement(job: settlement.job, outcome: Self.refused(error))])
    }

    /// What becomes of a job whose outcome the server cannot store, such as a result that is no JSON.
    private static func refused(_ error: StoreError) -> Outcome {
        .fail(code: "BAD_OUTCOME", message: "the server refused the outcome (SQLSTATE \(error.sqlState ?? "unknown"))")
    }

    private func report(_ batch: [Settlement], _ verdicts: [Verdict], isRepeated: Bool) {
        for (settlement, verdict) in zip(batch, verdicts) where verdict != .ok {
            if let handler = handlerOfKind[settlement.job.kind] { metrics[handler].lost.increment() }
            logger.notice(
                "an outcome came too late",
                metadata: settlement.job.metadata([
                    "outcome": "\(settlement.outcome.label)", "verdict": "\(verdict)", "repeated": "\(isRepeated)",
                ]))
        }
    }
}
