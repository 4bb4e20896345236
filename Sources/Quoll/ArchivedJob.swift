public import Foundation

/// A job that has ended, of a queue with the option `archive`, from when it is forgotten elsewhere.
public struct ArchivedJob: Sendable, Equatable {
    public var jobID: Int64
    public var queue: String
    public var kind: String
    public var state: JobState
    /// How many attempts were charged.
    public var attempt: Int
    public var enqueuedAt: Date
    /// When the last attempt began; `nil` when there was none.
    public var claimedAt: Date?
    public var finishedAt: Date
    public var worker: String?
    public var errorCode: String?
    public var errorMessage: String?
    /// JSON.
    public var payload: String
    public var headers: String?
    public var result: String?
    public var replayOf: Int64?
}

extension ArchivedJob: RowDecodable {
    static let columns = """
        job_id, queue, kind, state, attempt, extract(epoch from enqueued_at), extract(epoch from claimed_at), \
        extract(epoch from finished_at), worker, error_code, error_message, payload, headers, result, replay_of
        """

    init(_ row: inout RowReader) throws(QuollError) {
        jobID = try row.next()
        queue = try row.next()
        kind = try row.next()
        state = try row.next()
        attempt = try row.next()
        enqueuedAt = try row.nextDate()
        claimedAt = try row.nextDateIfPresent()
        finishedAt = try row.nextDate()
        worker = try row.nextIfPresent()
        errorCode = try row.nextIfPresent()
        errorMessage = try row.nextIfPresent()
        payload = try row.next()
        headers = try row.nextIfPresent()
        result = try row.nextIfPresent()
        replayOf = try row.nextIfPresent()
    }
}
