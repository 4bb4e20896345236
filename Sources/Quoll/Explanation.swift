/// Why a job is where it is.
public struct Explanation: Sendable, Equatable {
    public var state: JobState
    /// Such as `NO_WORKER`, `QUEUE_PAUSED` or `LEASE_EXPIRED`.
    public var reason: String
    public var detail: String?
    /// What can be done about it.
    public var hint: String?
}

extension Explanation: RowDecodable {
    static let columns = "state, reason, detail, hint"

    init(_ row: inout RowReader) throws(QuollError) {
        state = try row.next()
        reason = try row.next()
        detail = try row.nextIfPresent()
        hint = try row.nextIfPresent()
    }
}
