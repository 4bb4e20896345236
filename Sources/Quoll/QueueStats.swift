/// Where a queue's jobs are, and what ended in the last minute.
public struct QueueStats: Sendable, Equatable {
    public var queue: String
    /// Whether claims get nothing of it.
    public var isPaused: Bool
    public var ready: Int64
    public var scheduled: Int64
    public var retrying: Int64
    public var running: Int64
    public var dead: Int64
    /// Seconds that the first job that may run has waited; `nil` when there is none.
    public var oldestReadyAge: Double?
    /// Attempts that succeeded in the last minute.
    public var succeededPerMinute: Int64
    /// Attempts that failed or were lost in the last minute.
    public var failedPerMinute: Int64
    /// Seconds from the claim to the end of the attempts that ended in the last minute.
    public var meanRunTime: Double?
    /// Whether a number is an estimate, as those of deep queues are.
    public var isEstimated: Bool
}

extension QueueStats: RowDecodable {
    static let columns = """
        queue_name, paused, ready, scheduled, retrying, running, dead, extract(epoch from oldest_ready_age), \
        succeeded_per_minute, failed_per_minute, extract(epoch from mean_run_time), estimated
        """

    init(_ row: inout RowReader) throws(QuollError) {
        queue = try row.next()
        isPaused = try row.next()
        ready = try row.next()
        scheduled = try row.next()
        retrying = try row.next()
        running = try row.next()
        dead = try row.next()
        oldestReadyAge = try row.nextIfPresent()
        succeededPerMinute = try row.next()
        failedPerMinute = try row.next()
        meanRunTime = try row.nextIfPresent()
        isEstimated = try row.next()
    }
}
