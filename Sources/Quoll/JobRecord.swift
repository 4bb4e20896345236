public import Foundation
public import PostgresConnection

/// A job as it stands.
public struct JobRecord: Sendable, Equatable {
    public var jobID: Int64
    public var queue: String
    public var kind: String
    public var state: JobState
    /// How many attempts were charged so far, the running one included.
    public var attempt: Int
    public var maxAttempts: Int
    public var priority: Int
    /// When it becomes, or became, due.
    public var runAt: Date?
    public var enqueuedAt: Date
    /// JSON.
    public var payload: String
    /// A JSON object, or `nil`.
    public var headers: String?
    /// JSON; what the job's worker left.
    public var result: String?
    public var uniqueKey: String?
    public var groupKey: String?
    /// The job that this one repeats.
    public var replayOf: Int64?

    /// The payload as a value. Throws ``QuollError/Code/badPayload``.
    public func decodePayload<Payload: Decodable>(as type: Payload.Type = Payload.self) throws -> Payload {
        try JSON.value(payload, as: type)
    }

    /// The result as a value; `nil` when there is none. Throws ``QuollError/Code/badPayload``.
    public func decodeResult<Result: Decodable>(as type: Result.Type = Result.self) throws -> Result? {
        try result.map { try JSON.value($0, as: type) }
    }

    static let columns = """
        job_id, queue, kind, state, attempt, max_attempts, priority, extract(epoch from run_at) as run_at, \
        extract(epoch from enqueued_at) as enqueued_at, payload, headers, result, unique_key, group_key, replay_of
        """

    init(_ row: PostgresRow) throws {
        jobID = try row.decode("job_id")
        queue = try row.decode("queue")
        kind = try row.decode("kind")
        state = try row.decode("state")
        attempt = try row.decode("attempt")
        maxAttempts = try row.decode("max_attempts")
        priority = try row.decode("priority")
        runAt = try row.decodeIfPresent("run_at", as: Double.self).map { Date(timeIntervalSince1970: $0) }
        enqueuedAt = Date(timeIntervalSince1970: try row.decode("enqueued_at"))
        payload = try row.decode("payload")
        headers = row["headers"]
        result = row["result"]
        uniqueKey = row["unique_key"]
        groupKey = row["group_key"]
        replayOf = try row.decodeIfPresent("replay_of")
    }
}

/// Where a job is in its life. A newer schema may know more states.
public struct JobState: Sendable, Hashable, RawRepresentable, CustomStringConvertible, PostgresDecodable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init?(postgresText text: String) { self.init(rawValue: text) }

    public var description: String { rawValue }

    public static let scheduled = JobState(rawValue: "scheduled")
    public static let ready = JobState(rawValue: "ready")
    public static let blocked = JobState(rawValue: "blocked")
    public static let running = JobState(rawValue: "running")
    public static let retrying = JobState(rawValue: "retrying")
    public static let succeeded = JobState(rawValue: "succeeded")
    public static let skipped = JobState(rawValue: "skipped")
    public static let canceled = JobState(rawValue: "canceled")
    public static let dead = JobState(rawValue: "dead")
}

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

    init(_ row: PostgresRow) throws {
        jobID = try row.decode("job_id")
        attempt = try row.decode("attempt")
        outcome = try row.decode("outcome")
        errorCode = row["error_code"]
        errorMessage = row["error_message"]
        worker = row["worker"]
        claimedAt = try row.decodeIfPresent("claimed_at", as: Double.self).map { Date(timeIntervalSince1970: $0) }
        finishedAt = Date(timeIntervalSince1970: try row.decode("finished_at"))
    }
}

/// A job that will not run again by itself.
public struct DeadLetter: Sendable, Equatable {
    public var jobID: Int64
    public var queue: String
    public var kind: String
    /// `NON_RETRYABLE`, `MAX_ATTEMPTS_EXCEEDED` or `WORKER_LOST`.
    public var reasonCode: String
    public var errorCode: String?
    public var errorMessage: String?
    public var deadAt: Date
    public var attempts: Int

    init(_ row: PostgresRow) throws {
        jobID = try row.decode("job_id")
        queue = try row.decode("queue")
        kind = try row.decode("kind")
        reasonCode = try row.decode("reason_code")
        errorCode = row["error_code"]
        errorMessage = row["error_message"]
        deadAt = Date(timeIntervalSince1970: try row.decode("dead_at"))
        attempts = try row.decode("attempts")
    }
}

/// One event in a job's life.
public struct TimelineEvent: Sendable, Equatable {
    public var at: Date
    /// `enqueued`, `claimed`, `due`, `dead`, or the outcome of an attempt.
    public var event: String
    public var attempt: Int?
    public var worker: String?
    public var detail: String?

    init(_ row: PostgresRow) throws {
        at = Date(timeIntervalSince1970: try row.decode("at"))
        event = try row.decode("event")
        attempt = try row.decodeIfPresent("attempt")
        worker = row["worker"]
        detail = row["detail"]
    }
}

/// Why a job is where it is.
public struct Explanation: Sendable, Equatable {
    public var state: JobState
    /// Such as `NO_WORKER`, `QUEUE_PAUSED` or `LEASE_EXPIRED`.
    public var reason: String
    public var detail: String?
    /// What can be done about it.
    public var hint: String?

    init(_ row: PostgresRow) throws {
        state = try row.decode("state")
        reason = try row.decode("reason")
        detail = row["detail"]
        hint = row["hint"]
    }
}
