public import Foundation

/// A job that will not run again by itself.
public struct DeadLetter: Sendable, Equatable {
    public var jobID: Int64
    public var queue: String
    public var kind: String
    /// `NON_RETRYABLE`, `MAX_ATTEMPTS_EXCEEDED` or `WORKER_LOST`.
    public var reasonCode: String
    /// Of its last attempt.
    public var errorCode: String?
    public var errorMessage: String?
    public var deadAt: Date
    /// How many were charged.
    public var attempts: Int
}

extension DeadLetter: RowDecodable {
    static let columns =
        "job_id, queue, kind, reason_code, error_code, error_message, extract(epoch from dead_at), attempts"

    init(_ row: inout RowReader) throws(QuollError) {
        jobID = try row.next()
        queue = try row.next()
        kind = try row.next()
        reasonCode = try row.next()
        errorCode = try row.nextIfPresent()
        errorMessage = try row.nextIfPresent()
        deadAt = try row.nextDate()
        attempts = try row.next()
    }
}
