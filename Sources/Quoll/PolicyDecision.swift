public import Foundation

/// That a limit, or a pause, kept a claim from jobs that were ready.
public struct PolicyDecision: Sendable, Equatable {
    public var at: Date
    public var queue: String
    /// The group whose limit it was; `nil` for the queue's own.
    public var groupKey: String?
    /// `THROTTLED`.
    public var decision: String
    /// `IN_FLIGHT_EXCEEDED`, `RATE_EXCEEDED`, `RETRY_RATE_EXCEEDED`, `KEY_BUSY` or `QUEUE_PAUSED`.
    public var reasonCode: String
    /// A JSON object: the limit, by the names of its options.
    public var details: String
}

extension PolicyDecision: RowDecodable {
    static let columns = "extract(epoch from at), queue, group_key, decision, reason_code, details"

    init(_ row: inout RowReader) throws(QuollError) {
        at = try row.nextDate()
        queue = try row.next()
        groupKey = try row.nextIfPresent()
        decision = try row.next()
        reasonCode = try row.next()
        details = try row.next()
    }
}
