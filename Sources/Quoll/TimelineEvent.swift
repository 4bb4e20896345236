public import Foundation

/// One event in a job's life.
public struct TimelineEvent: Sendable, Equatable {
    public var at: Date
    /// `enqueued`, `claimed`, `due`, `dead`, or the outcome of an attempt.
    public var event: String
    public var attempt: Int?
    public var worker: String?
    public var detail: String?
}

extension TimelineEvent: RowDecodable {
    static let columns = "extract(epoch from at), event, attempt, worker, detail"

    init(_ row: inout RowReader) throws(QuollError) {
        at = try row.nextDate()
        event = try row.next()
        attempt = try row.nextIfPresent()
        worker = try row.nextIfPresent()
        detail = try row.nextIfPresent()
    }
}
