internal import PostgresConnection

/// What workers call.
extension QuollClient {
    /// Claims up to `maxJobs` (1 to 4,096) jobs that are due: highest priority first, then oldest.
    ///
    /// - Parameters:
    ///   - worker: Who claims, as the attempts will show it.
    ///   - lease: How long the jobs are the caller's; `nil` for the queue's default.
    ///   - kinds: Only jobs of these kinds; `nil` for any.
    ///   - routingKeys: Also jobs with one of these routing keys; jobs with any other are left to others.
    public func claimBatch(
        queue: String, worker: String, maxJobs: Int = 1, lease: Duration? = nil, kinds: [String]? = nil,
        routingKeys: [String]? = nil
    ) async throws -> [ClaimedJob] {
        try await rows(
            """
            select \(ClaimedJob.columns) from queue.claim_batch(queue => $1, worker => $2, max_jobs => $3::int, \
            lease => $4::interval, kinds => $5::text[], routing_keys => $6::text[])
            """, [.text(queue), .text(worker), .int(Int64(maxJobs)), .init(lease), .init(kinds), .init(routingKeys)],
            ClaimedJob.init)
    }

    /// Extends leases, and never shortens one. ``Verdict/canceled`` tells that the work should stop.
    public func heartbeat(_ leases: [Lease], lease: Duration? = nil) async throws -> [Verdict] {
        try await verdicts(
            "select verdict from queue.heartbeat(job_ids => $1, lease_tokens => $2, lease => $3::interval)",
            leases.parameters + [.init(lease)])
    }

    /// Settles an attempt as succeeded.
    public func complete(_ lease: Lease) async throws -> Verdict {
        try await complete(lease, json: nil)
    }

    /// The same, and keeps a result.
    public func complete(_ lease: Lease, result: some Encodable) async throws -> Verdict {
        try await complete(lease, json: try PayloadCoding.json(result))
    }

    /// The same, with a result that is JSON already.
    public func complete(_ lease: Lease, json result: String?) async throws -> Verdict {
        try await value(
            "select queue.complete(job_id => $1, lease_token => $2, result => $3::jsonb)",
            lease.parameters + [.init(result)])
    }

    /// Settles attempts as succeeded; returns the verdict of each, in order.
    ///
    /// - Parameter results: JSON texts, one for each lease; `nil` for no results.
    public func completeBatch(_ leases: [Lease], results: [String?]? = nil) async throws -> [Verdict] {
        try await verdicts(
            "select verdict from queue.complete_batch(job_ids => $1, lease_tokens => $2, results => $3::jsonb[])",
            leases.parameters + [results.map { .jsonbArray($0) } ?? .null])
    }

    /// Settles an attempt as failed: the queue's policy decides between another attempt and the dead letters.
    ///
    /// - Parameters:
    ///   - retryIn: When to try again, instead of the policy's backoff.
    ///   - permanent: No further attempt.
    public func fail(
        _ lease: Lease, errorCode: String, errorMessage: String? = nil, retryIn: Duration? = nil,
        permanent: Bool = false
    ) async throws -> Verdict {
        try await value(
            """
            select queue.fail(job_id => $1, lease_token => $2, error_code => $3, error_message => $4, \
            retry_in => $5::interval, permanent => $6)
            """,
            lease.parameters + [.text(errorCode), .init(errorMessage), .init(retryIn), .bool(permanent)])
    }

    /// Settles attempts as failed; returns the verdict of each, in order.
    public func failBatch(_ failures: [Failure]) async throws -> [Verdict] {
        try await verdicts(
            "select verdict from queue.fail_batch(failures => $1::jsonb)", [.json(try PayloadCoding.json(failures))])
    }

    /// Puts a job off without charging the attempt.
    public func snooze(_ lease: Lease, delay: Duration) async throws -> Verdict {
        try await value(
            "select queue.snooze(job_id => $1, lease_token => $2, delay => $3::interval)",
            lease.parameters + [.interval(delay)])
    }

    /// Gives a job back at once, uncharged.
    public func release(_ lease: Lease) async throws -> Verdict {
        try await value("select queue.release(job_id => $1, lease_token => $2)", lease.parameters)
    }

    /// Ends a job as skipped.
    public func skip(_ lease: Lease, reason: String) async throws -> Verdict {
        try await value(
            "select queue.skip(job_id => $1, lease_token => $2, reason => $3)", lease.parameters + [.text(reason)])
    }

    private func verdicts(_ sql: String, _ parameters: [PostgresParameter]) async throws -> [Verdict] {
        try await rows(sql, parameters) { try $0.next() }
    }
}
