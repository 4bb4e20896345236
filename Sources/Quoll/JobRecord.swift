public import Foundation

/// A job as it stands.
public struct JobRecord: Sendable, Equatable {
    public var jobID: Int64
    public var queue: String
    public var kind: String
    public var state: JobState
    /// How many attempts were charged so far, the running one included.
    public var attempt: Int
    public var maxAttempts: Int
    public var priority: Int
    /// When it becomes, or became, due.
    public var runAt: Date?
    public var enqueuedAt: Date
    /// JSON.
    public var payload: String
    /// A JSON object, or `nil`.
    public var headers: String?
    /// JSON; what the job's worker left.
    public var result: String?
    public var uniqueKey: String?
    public var groupKey: String?
    /// The job that this one repeats.
    public var replayOf: Int64?
    /// Only claims that name it get the job.
    public var routingKey: String?
    /// The jobs that repeat this one.
    public var replayedAs: [Int64]

    /// The payload as a value. Throws ``QuollError/Code/badPayload``.
    public func decodePayload<Payload: Decodable>(as type: Payload.Type = Payload.self) throws -> Payload {
        try PayloadCoding.decode(payload, as: type)
    }

    /// The result as a value; `nil` when there is none. Throws ``QuollError/Code/badPayload``.
    public func decodeResult<Result: Decodable>(as type: Result.Type = Result.self) throws -> Result? {
        try result.map { try PayloadCoding.decode($0, as: type) }
    }
}

extension JobRecord: RowDecodable {
    static let columns = """
        job_id, queue, kind, state, attempt, max_attempts, priority, extract(epoch from run_at), \
        extract(epoch from enqueued_at), payload, headers, result, unique_key, group_key, replay_of, \
        routing_key, array_to_string(replayed_as, ' ')
        """

    init(_ row: inout RowReader) throws(QuollError) {
        jobID = try row.next()
        queue = try row.next()
        kind = try row.next()
        state = try row.next()
        attempt = try row.next()
        maxAttempts = try row.next()
        priority = try row.next()
        runAt = try row.nextDateIfPresent()
        enqueuedAt = try row.nextDate()
        payload = try row.next()
        headers = try row.nextIfPresent()
        result = try row.nextIfPresent()
        uniqueKey = try row.nextIfPresent()
        groupKey = try row.nextIfPresent()
        replayOf = try row.nextIfPresent()
        routingKey = try row.nextIfPresent()
        let replays: String? = try row.nextIfPresent()
        replayedAs = replays?.split(separator: " ").compactMap { Int64($0) } ?? []
    }
}
