import Logging

extension Engine {
    /// How often running jobs are looked over.
    private static let tick = Duration.milliseconds(50)
    private static let heartbeatBatch = 1_000

    /// Cancels jobs that run longer than their limit, until its task is cancelled.
    func watchTimeouts() async {
        while (try? await Task.sleep(for: Self.tick)) != nil {
            for job in ledger.cancelOverdue(now: .now) {
                logger.notice("cancelling a job that ran too long", metadata: job.metadata())
            }
        }
    }

    /// Extends the leases of jobs that run long, until its task is cancelled.
    func sendHeartbeats() async {
        var backoff = Backoff()
        while (try? await Task.sleep(for: Self.tick)) != nil {
            let now = ContinuousClock.now
            let due = ledger.heartbeatsDue(now: now, limit: Self.heartbeatBatch)
            guard !due.isEmpty else { continue }
            do {
                let verdicts = try await stores.settling.heartbeat(due.map(\.job), lease: options.lease)
                ledger.apply(zip(due, verdicts).map { ($0.number, $1) }, sent: now)
                backoff.reset()
            } catch {
                logger.warning(
                    "cannot extend leases",
                    metadata: ["jobs": "\(due.count)", "error": "\(StoreError.summary(error))"])
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Calls `queue.maintain()` now and then, until its task is cancelled; the first time after a random part of the
    /// interval, so that workers started together take turns.
    func maintain() async {
        guard let interval = options.maintenanceInterval else { return }
        var pause = interval * Double.random(in: 0...1)
        while (try? await Task.sleep(for: pause)) != nil {
            pause = interval * Double.random(in: 0.9...1.1)
            do {
                try await stores.upkeep.maintain()
            } catch  where !Task.isCancelled {
                logger.warning("maintenance failed", metadata: ["error": "\(StoreError.summary(error))"])
            } catch {
                return
            }
        }
    }
}
