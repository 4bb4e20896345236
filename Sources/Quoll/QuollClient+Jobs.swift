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

    /// Jobs in the order of their ids, at most `maxJobs` (1 to 500); each filter is optional.
    ///
    /// - Parameter afterID: Only jobs after this one: the last of the page before.
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
            "select \(AttemptRecord.columns) from queue.attempt where job_id = $1 order by finished_at, attempt",
            [.int(jobID)], AttemptRecord.init)
    }

    /// The newest dead letters, of one queue or all.
    public func deadLetters(queue: String? = nil, maxJobs: Int = 100) async throws -> [DeadLetter] {
        try await rows(
            """
            select \(DeadLetter.columns) from queue.dead_letter where $1::text is null or queue = $1 \
            order by dead_at desc, job_id desc limit $2::int
            """, [.init(queue), .int(Int64(maxJobs))], DeadLetter.init)
    }

    /// The jobs of a queue's archive that ended last, at most so many.
    public func archivedJobs(queue: String, maxJobs: Int = 100) async throws -> [ArchivedJob] {
        try await rows(
            """
            select \(ArchivedJob.columns) from queue.archived_job where queue = $1 \
            order by finished_at desc limit $2::int
            """, [.text(queue), .int(Int64(maxJobs))], ArchivedJob.init)
    }

    /// What happened to a job, oldest first, and when it is due next; empty for an unknown id.
    public func timeline(_ jobID: Int64) async throws -> [TimelineEvent] {
        try await rows(
            "select \(TimelineEvent.columns) from queue.timeline(job_id => $1)", [.int(jobID)], TimelineEvent.init)
    }

    /// Why a job is not running, or what it is doing; `nil` for an unknown id.
    public func explain(_ jobID: Int64) async throws -> Explanation? {
        try await rows(
            "select \(Explanation.columns) from queue.explain(job_id => $1)", [.int(jobID)], Explanation.init
        ).first
    }

    /// Cancels a job, also a running one; returns the state it is in now: canceled, or that of a job that had ended.
    @discardableResult
    public func cancel(_ jobID: Int64) async throws -> JobState {
        try await value("select queue.cancel(job_id => $1)", [.int(jobID)])
    }

    /// Cancels jobs of a queue that have not ended; returns how many: again until it is less than `maxJobs`.
    ///
    /// - Parameters:
    ///   - state: Only those that are ready, scheduled, retrying, blocked or running.
    ///   - maxJobs: At most so many, 1 to 100000.
    ///   - dryRun: Only count them.
    @discardableResult
    public func cancelJobs(
        queue: String, state: JobState? = nil, kind: String? = nil, maxJobs: Int = 1000, dryRun: Bool = false
    ) async throws -> Int {
        try await value(
            "select queue.cancel_jobs(queue => $1, state => $2, kind => $3, max_jobs => $4::int, dry_run => $5)",
            [.text(queue), .init(state?.rawValue), .init(kind), .int(Int64(maxJobs)), .bool(dryRun)])
    }

    /// Waits until a job has ended, at most so long; returns its state then, or at the timeout. For a connection in no
    /// transaction, and with a ``timeout`` that is longer.
    public func wait(for jobID: Int64, timeout: Duration = .seconds(30)) async throws -> JobState {
        try await value(
            "select queue.wait_for(job_id => $1, timeout => $2::interval)", [.int(jobID), .interval(timeout)])
    }

    /// Runs a dead, canceled, skipped or waiting job now; returns the state it is in now. Throws
    /// ``QuollError/Code/wrongState`` for a job that has succeeded: ``replay(_:queue:runAt:)`` runs it anew.
    @discardableResult
    public func retry(_ jobID: Int64) async throws -> JobState {
        try await value("select queue.retry(job_id => $1)", [.int(jobID)])
    }

    /// Enqueues a copy of a job as a new job that points back by ``JobRecord/replayOf``; returns the new id.
    ///
    /// - Parameters:
    ///   - queue: Where to; `nil` for the job's own queue.
    ///   - runAt: Not before then.
    @discardableResult
    public func replay(_ jobID: Int64, queue: String? = nil, runAt: Date? = nil) async throws -> Int64 {
        try await value(
            "select queue.replay(job_id => $1, queue => $2, run_at => $3::timestamptz)",
            [.int(jobID), .init(queue), .init(runAt)])
    }

    /// Puts dead letters back into their queue, oldest first; returns how many.
    ///
    /// - Parameters:
    ///   - errorCode: Only those whose last attempt failed so.
    ///   - olderThan: Only those that died at least so long ago.
    ///   - newerThan: Only those that died since.
    ///   - maxJobs: At most so many.
    ///   - dryRun: Only count them.
    @discardableResult
    public func redrive(
        queue: String, errorCode: String? = nil, kind: String? = nil, maxJobs: Int? = nil, dryRun: Bool = false,
        olderThan: Duration? = nil, newerThan: Duration? = nil
    ) async throws -> Int {
        try await value(
            """
            select queue.redrive(queue => $1, error_code => $2, kind => $3, max_jobs => $4::int, dry_run => $5, \
            older_than => $6::interval, newer_than => $7::interval)
            """,
            [
                .text(queue), .init(errorCode), .init(kind), .init(maxJobs), .bool(dryRun), .init(olderThan),
                .init(newerThan),
            ])
    }
}
