import Metrics

/// What is counted for one kind of job. Every metric carries the dimension `kind`.
struct HandlerMetrics: Sendable {
    /// Jobs claimed.
    let claimed: Counter
    /// Outcomes that came too late, of whatever verdict.
    let lost: Counter
    /// Time in the handler.
    private let duration: Timer
    private let outcomes: [String: Counter]

    init(kind: String) {
        let dimensions = [("kind", kind)]
        claimed = Counter(label: "quoll_worker_jobs_claimed", dimensions: dimensions)
        lost = Counter(label: "quoll_worker_outcomes_lost", dimensions: dimensions)
        duration = Timer(label: "quoll_worker_handler_duration", dimensions: dimensions)
        outcomes = Dictionary(
            uniqueKeysWithValues: ["complete", "fail", "snooze", "skip", "release", "settled"].map {
                ($0, Counter(label: "quoll_worker_jobs_finished", dimensions: dimensions + [("outcome", $0)]))
            })
    }

    func record(_ outcome: Outcome?, duration: Duration) {
        outcomes[outcome?.label ?? "settled"]?.increment()
        self.duration.recordNanoseconds(
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }
}
