public import Foundation

/// A settled attempt of a job.
public struct AttemptRecord: Sendable, Equatable {
    public var jobID: Int64
    /// From 1.
    public var attempt: Int
    /// `succeeded`, `failed`, `lost`, `snoozed`, `released`, `skipped` or `canceled`.
    public var outcome: String
    public var errorCode: String?
    public var errorMessage: String?
    public var worker: String?
    public var claimedAt: Date?
    public var finishedAt: Date
}

extension AttemptRecord: RowDecodable {
    static let columns = """
        job_id, attempt, outcome, error_code, error_message, worker, extract(epoch from claimed_at), \
        extract(epoch from finished_at)
        """

    init(_ row: inout RowReader) throws(QuollError) {
        jobID = try row.next()
        attempt = try row.next()
        outcome = try row.next()
        errorCode = try row.nextIfPresent()
        errorMessage = try row.nextIfPresent()
        worker = try row.nextIfPresent()
        claimedAt = try row.nextDateIfPresent()
        finishedAt = try row.nextDate()
    }
}
