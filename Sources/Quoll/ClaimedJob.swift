public import Foundation

/// A job handed to a worker, under a lease. Settle it before ``leasedUntil``, or extend the lease by a heartbeat.
public struct ClaimedJob: Sendable, Equatable {
    public var jobID: Int64
    /// What a settle call must show: it belongs to this attempt alone.
    public var leaseToken: Int64
    /// From 1.
    public var attempt: Int
    public var maxAttempts: Int
    public var kind: String
    /// JSON.
    public var payload: String
    /// A JSON object, or `nil`.
    public var headers: String?
    public var priority: Int
    public var groupKey: String?
    public var enqueuedAt: Date
    /// By the server's clock.
    public var leasedUntil: Date

    /// What the calls about this attempt need.
    public var lease: Lease { Lease(jobID: jobID, leaseToken: leaseToken) }

    /// The payload as a value. Throws ``QuollError/Code/badPayload``.
    public func decodePayload<Payload: Decodable>(as type: Payload.Type = Payload.self) throws -> Payload {
        try PayloadCoding.decode(payload, as: type)
    }
}

extension ClaimedJob: RowDecodable {
    static let columns = """
        job_id, lease_token, attempt, max_attempts, kind, payload, headers, priority, group_key, \
        extract(epoch from enqueued_at), extract(epoch from leased_until)
        """

    init(_ row: inout RowReader) throws(QuollError) {
        jobID = try row.next()
        leaseToken = try row.next()
        attempt = try row.next()
        maxAttempts = try row.next()
        kind = try row.next()
        payload = try row.next()
        headers = try row.nextIfPresent()
        priority = try row.next()
        groupKey = try row.nextIfPresent()
        enqueuedAt = try row.nextDate()
        leasedUntil = try row.nextDate()
    }
}
