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
    public var groupKey: String?
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
                try headers.map { .json(try JSON.text($0)) } ?? .null,
            ]
        }
    }
}

/// A job to enqueue with others of different kinds and options.
public struct NewJob: Sendable {
    public var kind: String
    /// A JSON document.
    public var payload: String
    public var options: JobOptions

    /// A job with a payload that is JSON already.
    public init(kind: String, json payload: String = "{}", options: JobOptions = JobOptions()) {
        self.kind = kind
        self.payload = payload
        self.options = options
    }

    public init(kind: String, payload: some Encodable, options: JobOptions = JobOptions()) throws {
        self.init(kind: kind, json: try JSON.text(payload), options: options)
    }

    /// The job as an element of `enqueue_batch`'s document.
    var document: String {
        get throws {
            var members = ["\"kind\":\(try JSON.text(kind))", "\"payload\":\(payload)"]
            if let runAt = options.runAt { members.append("\"run_at\":\(try JSON.text(runAt))") }
            if let priority = options.priority { members.append("\"priority\":\(priority)") }
            if let maxAttempts = options.maxAttempts { members.append("\"max_attempts\":\(maxAttempts)") }
            if let key = options.uniqueKey { members.append("\"unique_key\":\(try JSON.text(key))") }
            if let key = options.groupKey { members.append("\"group_key\":\(try JSON.text(key))") }
            if let headers = options.headers { members.append("\"headers\":\(try JSON.text(headers))") }
            return "{\(members.joined(separator: ","))}"
        }
    }
}

/// What came of one element of a batch.
public struct Enqueued: Sendable, Equatable {
    public var jobID: Int64
    /// False when a live job with the same unique key was there already: its id is given.
    public var created: Bool
}
