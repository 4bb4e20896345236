public import Foundation
public import PostgresConnection

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
    public var leasedUntil: Date

    /// The payload as a value. Throws ``QuollError/Code/badPayload``.
    public func decodePayload<Payload: Decodable>(as type: Payload.Type = Payload.self) throws -> Payload {
        try JSON.value(payload, as: type)
    }

    static let columns = """
        job_id, lease_token, attempt, max_attempts, kind, payload, headers, priority, group_key, \
        extract(epoch from enqueued_at) as enqueued_at, extract(epoch from leased_until) as leased_until
        """

    init(_ row: PostgresRow) throws {
        jobID = try row.decode("job_id")
        leaseToken = try row.decode("lease_token")
        attempt = try row.decode("attempt")
        maxAttempts = try row.decode("max_attempts")
        kind = try row.decode("kind")
        payload = try row.decode("payload")
        headers = row["headers"]
        priority = try row.decode("priority")
        groupKey = row["group_key"]
        enqueuedAt = Date(timeIntervalSince1970: try row.decode("enqueued_at"))
        leasedUntil = Date(timeIntervalSince1970: try row.decode("leased_until"))
    }
}

/// What became of a settle call.
public enum Verdict: String, Sendable, PostgresDecodable {
    /// Done.
    case ok
    /// The lease was lost: it expired, or the attempt was settled before. Nothing changed.
    case stale
    /// The job was canceled meanwhile.
    case canceled
    /// There is no such job.
    case missing

    public init?(postgresText text: String) { self.init(rawValue: text) }
}

/// Which attempt a call is about.
public struct Lease: Sendable, Hashable {
    public var jobID: Int64
    public var leaseToken: Int64

    public init(jobID: Int64, leaseToken: Int64) {
        self.jobID = jobID
        self.leaseToken = leaseToken
    }
}

extension ClaimedJob {
    public var lease: Lease { Lease(jobID: jobID, leaseToken: leaseToken) }
}
