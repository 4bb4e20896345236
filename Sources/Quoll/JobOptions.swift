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
    /// How long after its enqueue the job keeps the key, also when it has ended well before. `nil`: until it ends.
    public var uniqueFor: Duration?
    /// What the job that has the key already gets of this enqueue. `nil` is ``ConflictPolicy/keep``.
    public var onConflict: ConflictPolicy?
    /// What the queue's limits and order for each group go by.
    public var groupKey: String?
    /// Only claims that name it get the job. `nil`: any claim, or in a queue with `strict_routing` one that names none.
    public var routingKey: String?
    /// What travels beside the payload, for tracing for one.
    public var headers: [String: String]?
    /// Jobs that must have succeeded first; until then the job is `blocked`. At most 100,000.
    public var after: [Int64]?
    /// What becomes of the job when one of them is dead or canceled. `nil` is ``ParentFailurePolicy/cancel``.
    public var onParentFailure: ParentFailurePolicy?

    public init(
        runAt: Date? = nil, priority: Int? = nil, maxAttempts: Int? = nil, uniqueKey: String? = nil,
        groupKey: String? = nil, headers: [String: String]? = nil, uniqueFor: Duration? = nil,
        onConflict: ConflictPolicy? = nil, after: [Int64]? = nil, onParentFailure: ParentFailurePolicy? = nil,
        routingKey: String? = nil
    ) {
        self.runAt = runAt
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.uniqueKey = uniqueKey
        self.groupKey = groupKey
        self.headers = headers
        self.uniqueFor = uniqueFor
        self.onConflict = onConflict
        self.after = after
        self.onParentFailure = onParentFailure
        self.routingKey = routingKey
    }

    /// `run_at`, `priority`, `max_attempts`, `unique_key`, `group_key`, `headers`, `unique_for`, `on_conflict`, `after`,
    /// `on_parent_failure`, `routing_key`, in this order.
    var parameters: [PostgresParameter] {
        get throws {
            [
                .init(runAt), .init(priority), .init(maxAttempts), .init(uniqueKey), .init(groupKey),
                try headers.map { .json(try PayloadCoding.json($0)) } ?? .null,
                .init(uniqueFor), .init(onConflict?.rawValue),
                after.map { .int8Array($0) } ?? .null, .init(onParentFailure?.rawValue), .init(routingKey),
            ]
        }
    }
}

/// What the job that holds a unique key gets of an enqueue with the same key. While a worker has the holder, `replace` and
/// `reschedule` make a new job, which takes the key over.
public enum ConflictPolicy: String, Sendable, CaseIterable {
    /// Nothing: its id is returned.
    case keep
    /// The payload and the headers.
    case replace
    /// The payload, the headers and `runAt`: with `runAt` a while ahead this is a debounce.
    case reschedule
}

/// What becomes of a job when one that it is to run after is dead or canceled.
public enum ParentFailurePolicy: String, Sendable, CaseIterable {
    /// It is canceled, and what is to run after it with it.
    case cancel
    /// It runs as if the other had succeeded.
    case run
    /// It goes on waiting: the other may be retried.
    case wait
}
