import Foundation
internal import PostgresConnection

/// A job to enqueue with others of different kinds and options: see ``QuollClient/enqueueBatch(queue:jobs:)``.
public struct NewJob: Sendable, Equatable {
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

    /// Throws ``QuollError/Code/badPayload`` for a payload that has no JSON.
    public init(kind: String, payload: some Encodable, options: JobOptions = JobOptions()) throws {
        self.init(kind: kind, json: try PayloadCoding.json(payload), options: options)
    }
}

extension [NewJob] {
    /// An array for each of kind, payload, `run_at` in seconds since 1970, priority, `max_attempts`, `unique_key`,
    /// `group_key`, headers, `unique_for` in seconds, `on_conflict`, `after` as JSON,
    /// `on_parent_failure` and `routing_key`. The server makes the document of them, so that no payload can break out of its place.
    var parameters: [PostgresParameter] {
        get throws {
            let coding = PayloadCoding()
            let headers = try map { try $0.options.headers.map { try coding.json($0) } }
            return [
                .textArray(map(\.kind)), .jsonbArray(map(\.payload)),
                .textArray(map { $0.options.runAt.map { "\($0.timeIntervalSince1970)" } }),
                .textArray(map { $0.options.priority.map { "\($0)" } }),
                .textArray(map { $0.options.maxAttempts.map { "\($0)" } }),
                .textArray(map(\.options.uniqueKey)), .textArray(map(\.options.groupKey)), .jsonbArray(headers),
                .textArray(map { $0.options.uniqueFor.map { "\($0 / .seconds(1))" } }),
                .textArray(map(\.options.onConflict?.rawValue)),
                .jsonbArray(map { $0.options.after.map { "\($0)" } }),
                .textArray(map(\.options.onParentFailure?.rawValue)), .textArray(map(\.options.routingKey)),
            ]
        }
    }
}

/// What came of one element of a batch.
public struct Enqueued: Sendable, Equatable {
    public var jobID: Int64
    /// False when a live job with the same unique key was there already: its id is given.
    public var created: Bool
}
