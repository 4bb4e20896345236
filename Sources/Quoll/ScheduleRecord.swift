public import Foundation

/// What is enqueued by time.
public struct ScheduleRecord: Sendable, Equatable {
    public var name: String
    /// Five fields, or `@every …`.
    public var cron: String
    public var timeZone: String
    public var queue: String
    public var kind: String
    /// JSON.
    public var payload: String
    /// A word of ``CatchUp``.
    public var catchUp: String
    public var isPaused: Bool
    public var nextAt: Date?
    /// The last fire, and the job that it enqueued.
    public var lastAt: Date?
    public var lastJobID: Int64?
}

extension ScheduleRecord: RowDecodable {
    static let columns = """
        name, cron, timezone, queue, kind, payload, catch_up, paused, extract(epoch from next_at), \
        extract(epoch from last_at), last_job_id
        """

    init(_ row: inout RowReader) throws(QuollError) {
        name = try row.next()
        cron = try row.next()
        timeZone = try row.next()
        queue = try row.next()
        kind = try row.next()
        payload = try row.next()
        catchUp = try row.next()
        isPaused = try row.next()
        nextAt = try row.nextDateIfPresent()
        lastAt = try row.nextDateIfPresent()
        lastJobID = try row.nextIfPresent()
    }
}
