public import Foundation
internal import PostgresConnection

/// What an enqueue may say beyond queue, kind and payload. `nil` is the queue's default.
public struct JobOptions: Sendable, Equatable {
    /// Not before then.
    public var runAt: Date?
    /// -100 (last) to 100 (first).
    public var priority: Int?
    /// 1 to 10,000.
    public var maxAttempts: Int?
    /// At most one live job of a queue has it: enqueuing again returns that one's id.
    public var uniqueKey: String?
    /// Kept and shown with the job; limits nothing yet.
    public var groupKey: String?
    /// What travels beside the payload, for tracing for one.
    public var headers: [String: String]?

    public init(
        runAt: Date? = nil, priority: Int? = nil, maxAttempts: Int? = nil, uniqueKey: String? = nil,
        groupKey: String? = nil, headers: [String: String]? = nil
    ) {
        self.runAt = runAt
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.uniqueKey = uniqueKey
        self.groupKey = groupKey
        self.headers = headers
    }

    /// `run_at`, `priority`, `max_attempts`, `unique_key`, `group_key`, `headers`, in this order.
    var parameters: [PostgresParameter] {
        get throws {
            [
                .init(runAt), .init(priority), .init(maxAttempts), .init(uniqueKey), .init(groupKey),
                try headers.map { .json(try PayloadCoding.json($0)) } ?? .null,
            ]
        }
    }
}
