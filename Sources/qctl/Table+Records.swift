import Quoll

extension Table {
    init(jobs: [JobRecord]) {
        self.init(columns: [
            "job_id", "queue", "kind", "state", "attempt", "max_attempts", "priority", "run_at", "enqueued_at",
            "payload", "headers", "result", "unique_key", "group_key", "replay_of", "routing_key",
            "replayed_as",
        ])
        narrowColumns = ["job_id", "queue", "kind", "state", "attempt", "priority", "run_at", "payload", "result"]
        rows = jobs.map { job in
            [
                .number(job.jobID), .text(job.queue), .text(job.kind), .text(job.state.rawValue),
                .number(job.attempt), .number(job.maxAttempts), .number(job.priority), .time(job.runAt),
                .time(job.enqueuedAt), .json(job.payload), .json(job.headers), .json(job.result),
                .text(job.uniqueKey), .text(job.groupKey), .number(job.replayOf), .text(job.routingKey),
                .json(job.replayedAs.isEmpty ? nil : "\(job.replayedAs)"),
            ]
        }
    }

    init(job: JobRecord) {
        self.init(jobs: [job])
        narrowColumns = nil
        isSingle = true
    }

    init(attempts: [AttemptRecord]) {
        self.init(columns: ["attempt", "outcome", "error_code", "error_message", "worker", "claimed_at", "finished_at"])
        rows = attempts.map { attempt in
            [
                .number(attempt.attempt), .text(attempt.outcome), .text(attempt.errorCode),
                .text(attempt.errorMessage), .text(attempt.worker), .time(attempt.claimedAt), .time(attempt.finishedAt),
            ]
        }
    }

    init(explanation: Explanation) {
        self.init(columns: ["state", "reason", "detail", "hint"], isSingle: true)
        rows = [
            [
                .text(explanation.state.rawValue), .text(explanation.reason), .text(explanation.detail),
                .text(explanation.hint),
            ]
        ]
    }

    init(timeline: [TimelineEvent]) {
        self.init(columns: ["at", "event", "attempt", "worker", "detail"])
        rows = timeline.map { event in
            [
                .time(event.at), .text(event.event), .number(event.attempt.map(Int64.init)), .text(event.worker),
                .text(event.detail),
            ]
        }
    }

    init(letters: [DeadLetter]) {
        self.init(columns: [
            "job_id", "queue", "kind", "reason_code", "error_code", "error_message", "attempts", "dead_at",
        ])
        rows = letters.map { letter in
            [
                .number(letter.jobID), .text(letter.queue), .text(letter.kind), .text(letter.reasonCode),
                .text(letter.errorCode), .text(letter.errorMessage), .number(letter.attempts), .time(letter.deadAt),
            ]
        }
    }

    init(queues: [QueueRecord]) {
        self.init(columns: ["queue", "paused", "options"])
        rows = queues.map { [.text($0.queue), .flag($0.isPaused), .json($0.options)] }
    }

    init(schedules: [ScheduleRecord]) {
        self.init(columns: [
            "name", "cron", "time_zone", "queue", "kind", "payload", "catch_up", "paused", "next_at", "last_at",
            "last_job_id",
        ])
        rows = schedules.map { schedule in
            [
                .text(schedule.name), .text(schedule.cron), .text(schedule.timeZone), .text(schedule.queue),
                .text(schedule.kind), .json(schedule.payload), .text(schedule.catchUp), .flag(schedule.isPaused),
                .time(schedule.nextAt), .time(schedule.lastAt), .number(schedule.lastJobID),
            ]
        }
    }

    init(checks: [HealthCheck]) {
        self.init(columns: ["check", "ok", "detail", "hint"])
        rows = checks.map { [.text($0.name), .flag($0.isOK), .text($0.detail), .text($0.hint)] }
    }

    init(stats: [QueueStats]) {
        self.init(columns: [
            "queue", "paused", "ready", "scheduled", "retrying", "running", "dead", "oldest_ready_s",
            "succeeded_per_minute", "failed_per_minute", "mean_run_s", "estimated",
        ])
        rows = stats.map { queue in
            [
                .text(queue.queue), .flag(queue.isPaused), .number(queue.ready), .number(queue.scheduled),
                .number(queue.retrying), .number(queue.running), .number(queue.dead), .seconds(queue.oldestReadyAge),
                .number(queue.succeededPerMinute), .number(queue.failedPerMinute), .seconds(queue.meanRunTime),
                .flag(queue.isEstimated),
            ]
        }
    }

    init(decisions: [IngestDecision]) {
        self.init(columns: ["at", "queue", "decision", "reason_code", "details"])
        rows = decisions.map {
            [.time($0.at), .text($0.queue), .text($0.decision), .text($0.reasonCode), .json($0.details)]
        }
    }

    init(archived jobs: [ArchivedJob]) {
        self.init(columns: [
            "job_id", "queue", "kind", "state", "attempt", "enqueued_at", "claimed_at", "finished_at", "worker",
            "error_code", "error_message", "payload", "headers", "result", "replay_of",
        ])
        narrowColumns = ["job_id", "kind", "state", "attempt", "finished_at", "payload", "result", "error_code"]
        rows = jobs.map { job in
            [
                .number(job.jobID), .text(job.queue), .text(job.kind), .text(job.state.rawValue), .number(job.attempt),
                .time(job.enqueuedAt), .time(job.claimedAt), .time(job.finishedAt), .text(job.worker),
                .text(job.errorCode), .text(job.errorMessage), .json(job.payload), .json(job.headers),
                .json(job.result), .number(job.replayOf),
            ]
        }
    }
}
