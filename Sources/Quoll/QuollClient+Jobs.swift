public import Foundation
internal import PostgresConnection

/// Looking at jobs, and changing their fate.
extension QuollClient {
    /// One job; `nil` for an unknown id.
    public func getJob(_ jobID: Int64) async throws -> JobRecord? {
        try await rows(
            "select \(JobRecord.columns) from queue.get_job(job_id => $1)", [.int(jobID)], JobRecord.init
        ).first
    }

    /// Jobs in the order of their ids, after `afterID`; each filter is optional.
    public func listJobs(
        queue: String? = nil, state: JobState? = nil, kind: String? = nil, afterID: Int64? = nil, maxJobs: Int = 100
    ) async throws -> [JobRecord] {
        try await rows(
            """
            select \(JobRecord.columns) from queue.list_jobs(queue => $1, state => $2, kind => $3, \
            after_id => $4::bigint, max_jobs => $5::int)
            """,
            [.init(queue), .init(state?.rawValue), .init(kind), .init(afterID), .int(Int64(maxJobs))],
            JobRecord.init)
    }

    /// The settled attempts of a job, in order.
    public func attempts(_ jobID: Int64) async throws -> [AttemptRecord] {
        try await rows(
            """
            select job_id, attempt, outcome, error_code, error_message, worker, \
            extract(epoch from claimed_at) as claimed_at, extract(epoch from finished_at) as finished_at \
            from queue.attempt as a where a.job_id = $1 order by a.finished_at, a.attempt
            """, [.int(jobID)], AttemptRecord.init)
    }

    /// The newest dead letters, of one queue or all.
    public func deadLetters(queue: String? = nil, maxJobs: Int = 100) async throws -> [DeadLetter] {
        try await rows(
            """
            select job_id, queue, kind, reason_code, error_code, error_message, extract(epoch from dead_at) as dead_at, \
            attempts from queue.dead_letter as d where $1::text is null or d.queue = $1 \
            order by d.dead_at desc, d.job_id desc limit $2::int
            """, [.init(queue), .int(Int64(maxJobs))], DeadLetter.init)
    }

    /// What happened to a job, oldest first, and when it is due next; empty for an unknown id.
    public func timeline(_ jobID: Int64) async throws -> [TimelineEvent] {
        try await rows(
            "select extract(epoch from at) as at, event, attempt, worker, detail from queue.timeline(job_id => $1)",
            [.int(jobID)], TimelineEvent.init)
    }

    /// Why a job is not running, or what it is doing; `nil` for an unknown id.
    public func explain(_ jobID: Int64) async throws -> Explanation? {
        try await rows(
            "select state, reason, detail, hint from queue.explain(job_id => $1)", [.int(jobID)], Explanation.init
        ).first
    }

    /// Cancels a job that has not ended; returns the state it is in now.
    @discardableResult
    public func cancel(_ jobID: Int64) async throws -> JobState {
        try await value("select queue.cancel(job_id => $1)", [.int(jobID)])
    }

    /// Makes an ended or waiting job ready again; returns the state it is in now.
    @discardableResult
    public func retry(_ jobID: Int64) async throws -> JobState {
        try await value("select queue.retry(job_id => $1)", [.int(jobID)])
    }

    /// Enqueues a job's payload as a new job that points to the old one; returns the new id.
    @discardableResult
    public func replay(_ jobID: Int64, queue: String? = nil, runAt: Date? = nil) async throws -> Int64 {
        try await value(
            "select queue.replay(job_id => $1, queue => $2, run_at => $3::timestamptz)",
            [.int(jobID), .init(queue), .init(runAt)])
    }

    /// Puts dead letters back into their queue; returns how many. A dry run only counts.
    @discardableResult
    public func redrive(
        queue: String, errorCode: String? = nil, kind: String? = nil, maxJobs: Int? = nil, dryRun: Bool = false
    ) async throws -> Int {
        try await value(
            """
            select queue.redrive(queue => $1, error_code => $2, kind => $3, max_jobs => $4::int, dry_run => $5)
            """, [.text(queue), .init(errorCode), .init(kind), .init(maxJobs), .bool(dryRun)])
    }
}
