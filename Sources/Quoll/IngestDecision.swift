public import Foundation

/// A refused enqueue.
public struct IngestDecision: Sendable, Equatable {
    public var at: Date
    /// `nil` when it was dropped more than a day before this was read.
    public var queue: String?
    /// `REFUSED`.
    public var decision: String
    /// `PAYLOAD_TOO_LARGE`, `ENQUEUE_RATE_EXCEEDED` or `NOT_KEPT`.
    public var reasonCode: String
    /// A JSON object: how large, or how many.
    public var details: String
}

extension IngestDecision: RowDecodable {
    static let columns = "extract(epoch from at), queue, decision, reason_code, details"

    init(_ row: inout RowReader) throws(QuollError) {
        at = try row.nextDate()
        queue = try row.nextIfPresent()
        decision = try row.next()
        reasonCode = try row.next()
        details = try row.next()
    }
}
