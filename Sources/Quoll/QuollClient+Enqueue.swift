internal import PostgresConnection

extension QuollClient {
    /// Adds a job; returns its id, or that of the live job with the same unique key.
    @discardableResult
    public func enqueue(
        queue: String, kind: String, payload: some Encodable, options: JobOptions = JobOptions()
    ) async throws -> Int64 {
        try await enqueue(queue: queue, kind: kind, json: try JSON.text(payload), options: options)
    }

    /// Adds a job whose payload is JSON already.
    @discardableResult
    public func enqueue(
        queue: String, kind: String, json payload: String = "{}", options: JobOptions = JobOptions()
    ) async throws -> Int64 {
        try await value(
            """
            select queue.enqueue(queue => $1, kind => $2, payload => $3::jsonb, run_at => $4::timestamptz, \
            priority => $5::int, max_attempts => $6::int, unique_key => $7, group_key => $8, headers => $9::jsonb)
            """, [.text(queue), .text(kind), .json(payload)] + options.parameters)
    }

    /// Adds a job for each payload, the fast way: one kind and one set of options for all. Returns the ids, in order.
    @discardableResult
    public func enqueueBatch(
        queue: String, kind: String, payloads: [some Encodable], options: JobOptions = JobOptions()
    ) async throws -> [Int64] {
        try await enqueueBatch(
            queue: queue, kind: kind, json: try payloads.map { try JSON.text($0) }, options: options)
    }

    /// The same, of payloads that are JSON already.
    @discardableResult
    public func enqueueBatch(
        queue: String, kind: String, json payloads: [String], options: JobOptions = JobOptions()
    ) async throws -> [Int64] {
        try await rows(
            """
            select queue.enqueue_batch(queue => $1, kind => $2, payloads => $3::jsonb[], run_at => $4::timestamptz, \
            priority => $5::int, max_attempts => $6::int, unique_key => $7, group_key => $8, headers => $9::jsonb) \
            as job_id
            """, [.text(queue), .text(kind), .jsonbArray(payloads)] + options.parameters
        ) { try $0.decode("job_id") }
    }

    /// Adds jobs of different kinds and options: all, or none when one is refused. Returns what came of each, in order.
    @discardableResult
    public func enqueueBatch(queue: String, jobs: [NewJob]) async throws -> [Enqueued] {
        let document = "[\(try jobs.map { try $0.document }.joined(separator: ","))]"
        return try await rows(
            "select job_id, created from queue.enqueue_batch(queue => $1, jobs => $2::jsonb) order by ordinal",
            [.text(queue), .json(document)]
        ) { Enqueued(jobID: try $0.decode("job_id"), created: try $0.decode("created")) }
    }
}
