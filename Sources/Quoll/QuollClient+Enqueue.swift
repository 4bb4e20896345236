internal import PostgresConnection

/// What producers call. A job is there when, and only when, the transaction commits that enqueued it.
extension QuollClient {
    /// Adds a job; returns its id, or that of the live job with the same unique key.
    @discardableResult
    public func enqueue(
        queue: String, kind: String, payload: some Encodable, options: JobOptions = JobOptions()
    ) async throws -> Int64 {
        try await enqueue(queue: queue, kind: kind, json: try PayloadCoding.json(payload), options: options)
    }

    /// Adds a job whose payload is JSON already.
    @discardableResult
    public func enqueue(
        queue: String, kind: String, json payload: String = "{}", options: JobOptions = JobOptions()
    ) async throws -> Int64 {
        try await value(
            """
            select queue.enqueue(queue => $1, kind => $2, payload => $3::jsonb, run_at => $4::timestamptz, \
            priority => $5::int, max_attempts => $6::int, unique_key => $7, group_key => $8, headers => $9::jsonb, \
            unique_for => $10::interval, on_conflict => $11, after => $12::bigint[], on_parent_failure => $13, \
            routing_key => $14)
            """, [.text(queue), .text(kind), .json(payload)] + options.parameters)
    }

    /// Adds a job for each payload, the fast way: one kind and one set of options for all. Returns the ids, in order.
    @discardableResult
    public func enqueueBatch(
        queue: String, kind: String, payloads: [some Encodable], options: JobOptions = JobOptions()
    ) async throws -> [Int64] {
        let coding = PayloadCoding()
        return try await enqueueBatch(
            queue: queue, kind: kind, json: try payloads.map { try coding.json($0) }, options: options)
    }

    /// The same, of payloads that are JSON already.
    @discardableResult
    public func enqueueBatch(
        queue: String, kind: String, json payloads: [String], options: JobOptions = JobOptions()
    ) async throws -> [Int64] {
        try await rows(
            """
            select queue.enqueue_batch(queue => $1, kind => $2, payloads => $3::jsonb[], run_at => $4::timestamptz, \
            priority => $5::int, max_attempts => $6::int, unique_key => $7, group_key => $8, headers => $9::jsonb, \
            unique_for => $10::interval, on_conflict => $11, after => $12::bigint[], on_parent_failure => $13, \
            routing_key => $14)
            """, [.text(queue), .text(kind), .jsonbArray(payloads)] + options.parameters
        ) { try $0.next() }
    }

    /// Adds jobs of different kinds and options: all, or none when one is refused. Returns what came of each, in order.
    @discardableResult
    public func enqueueBatch(queue: String, jobs: [NewJob]) async throws -> [Enqueued] {
        try await rows(
            """
            select job_id, created from queue.enqueue_batch(queue => $1, jobs => (\
            select coalesce(jsonb_agg(jsonb_build_object('kind', j.kind, 'payload', j.payload, \
            'run_at', to_timestamp(j.run_at), 'priority', j.priority, 'max_attempts', j.max_attempts, \
            'unique_key', j.unique_key, 'group_key', j.group_key, 'headers', j.headers, \
            'unique_for', make_interval(secs => j.unique_for), 'on_conflict', j.on_conflict, \
            'after', j.after, 'on_parent_failure', j.on_parent_failure, 'routing_key', j.routing_key) order by j.place), '[]') \
            from unnest($2::text[], $3::jsonb[], $4::float8[], $5::int[], $6::int[], $7::text[], $8::text[], $9::jsonb[], \
            $10::float8[], $11::text[], $12::jsonb[], $13::text[], $14::text[]) with ordinality as j (kind, payload, run_at, priority, \
            max_attempts, unique_key, group_key, headers, unique_for, on_conflict, after, on_parent_failure, \
            routing_key, place))) \
            order by ordinal
            """, [.text(queue)] + jobs.parameters
        ) { Enqueued(jobID: try $0.next(), created: try $0.next()) }
    }
}
