/// A queue and its options.
public struct QueueRecord: Sendable, Equatable {
    public var queue: String
    /// Whether claims get nothing of it.
    public var isPaused: Bool
    /// Its other options, as a JSON object; the defaults where nobody configured them.
    public var options: String
}

extension QueueRecord: RowDecodable {
    static let columns = "queue, paused, options"

    init(_ row: inout RowReader) throws(QuollError) {
        queue = try row.next()
        isPaused = try row.next()
        options = try row.next()
    }
}
