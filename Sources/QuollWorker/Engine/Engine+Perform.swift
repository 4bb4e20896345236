import Logging
import Metrics

extension Engine {
    /// Runs one job's handler and hands its outcome to the ledger.
    func perform(_ number: UInt64, _ handler: Int, _ job: Job) async {
        let started = ContinuousClock.now
        let result: Result<Outcome, any Error>
        do {
            result = .success(try await handlers[handler].body(job))
        } catch {
            result = .failure(error)
        }
        let duration = ContinuousClock.now - started
        let (stop, outcome) = ledger.finish(number) { stop in
            Self.conclude(result, stop: stop, timeout: handlers[handler].timeout ?? options.timeout)
        }
        metrics[handler].record(outcome, duration: duration)
        log(job, outcome, stop)
    }

    /// The outcome to settle; nil when there is nothing to settle.
    ///
    /// A handler that returns an outcome is believed even when it was told to stop; one that throws then has its reason.
    static func conclude(_ result: Result<Outcome, any Error>, stop: Ledger.Stop?, timeout: Duration?) -> Outcome? {
        if case .leaseLost = stop { return nil }
        switch (result, stop) {
        case (.success(let outcome), _):
            return outcome == .settled ? nil : outcome
        case (.failure, .timeout):
            return .fail(code: "TIMEOUT", message: "ran longer than \(timeout.map { "\($0)" } ?? "its limit")")
        case (.failure, .shutdown):
            return .release
        case (.failure(let error), _):
            return .thrown(error)
        }
    }

    private func log(_ job: Job, _ outcome: Outcome?, _ stop: Ledger.Stop?) {
        if case .leaseLost(let verdict) = stop {
            logger.notice("stopped a job whose lease is gone", metadata: job.metadata(["verdict": "\(verdict)"]))
        } else if case .fail(let code, _, _, _) = outcome?.kind {
            logger.info("job failed", metadata: job.metadata(["code": "\(code)"]))
        } else {
            logger.debug("job done", metadata: job.metadata(["outcome": "\(outcome?.label ?? "settled")"]))
        }
    }
}

extension Job {
    /// What logs may tell of a job: never its payload, headers, result or error message.
    func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        let own: Logger.Metadata = [
            "job": "\(id)", "queue": "\(queue)", "kind": "\(kind)", "attempt": "\(attempt)",
        ]
        return own.merging(more) { $1 }
    }
}
