import Foundation
import TestSupport
import Testing

/// What a real `qworker` does with real jobs.
struct QWorkerRunTests {
    let database: Database

    init() async throws { database = try await Database.make() }

    @Test func `A drain does every job and ends with status 0`() async throws {
        try await database.enqueue(40, "echo", #"{"a": 1}"#)
        try await database.drain(["echo=exec:cat"])
        #expect(try await database.states() == "succeeded 40")
        #expect(try await database.sql("select distinct result from queue.job") == #"{"a": 1}"#)
    }

    @Test func `A drain of a queue that nobody has named yet ends with status 0`() async throws {
        try await database.drain(["k=builtin:noop"])
    }

    @Test func `Kinds without a handler are left alone`() async throws {
        try await database.enqueue("known")
        try await database.enqueue("unknown")
        try await database.drain(["known=builtin:noop"])
        #expect(try await database.states() == "ready 1, succeeded 1")
    }

    @Test func `Jobs with a routing key are left to workers that name it`() async throws {
        try await database.enqueue("k", options: "routing_key => 'gpu'")
        try await database.drain(["k=builtin:noop"], options: ["--routing-key", "cpu"])
        #expect(try await database.states() == "ready 1")
        try await database.drain(["k=builtin:noop"], options: ["--routing-key", "cpu", "--routing-key", "gpu"])
        #expect(try await database.states() == "succeeded 1")
    }

    @Test func `A failing command is retried by the queue's policy and its last words are kept`() async throws {
        try await database.enqueue("bad")
        try await database.drain(["bad=exec:echo first >&2; echo broken disk >&2; exit 4"])
        #expect(try await database.attempts() == "1|failed|EXIT_4|broken disk")
        #expect(try await database.states() == "retrying 1")
    }

    @Test func `A job without attempts left ends in the dead letters`() async throws {
        try await database.enqueue("bad", options: "max_attempts => 1")
        try await database.drain(["bad=exec:exit 1"])
        #expect(try await database.sql("select reason_code from queue.dead_letter") == "MAX_ATTEMPTS_EXCEEDED")
    }

    @Test func `Exit status 75 snoozes without charging the attempt`() async throws {
        try await database.enqueue("later")
        try await database.drain(["later=exec:exit 75"], options: ["--snooze", "1h"])
        #expect(try await database.attempts("outcome") == "snoozed")
        #expect(try await database.sql("select run_at > now() + interval '50 minutes' from queue.job") == "t")
    }

    @Test func `A time limit kills the command with its grandchildren and the attempt says TIMEOUT`() async throws {
        let marker = "98\(UInt32.random(in: 10_000...99_999))"
        try await database.enqueue("slow")
        try await database.drain(
            ["slow=exec:sh -c \"trap '' TERM; sleep \(marker) & sleep \(marker)\" & wait"],
            options: ["--timeout", "slow=1s"])
        #expect(try await database.attempts("outcome, error_code") == "failed|TIMEOUT")
        #expect(try await eventually { processes(with: "sleep \(marker)") == 0 })
    }

    @Test func `A job that runs longer than its lease keeps it`() async throws {
        try await database.enqueue("long")
        try await database.drain(["long=exec:sleep 5"], options: ["--lease", "2s"])
        #expect(try await database.attempts("attempt, outcome") == "1|succeeded")
    }

    @Test func `By a clock that tests have shifted it keeps it too`() async throws {
        try await database.sql(
            """
            create or replace function queue.now() returns timestamptz language sql volatile
            as 'select clock_timestamp() + interval ''1 day'''
            """)
        try await database.enqueue("long")
        try await database.drain(["long=exec:sleep 5"], options: ["--lease", "2s"])
        #expect(try await database.attempts("attempt, outcome") == "1|succeeded")
    }

    @Test func `A canceled job's command is killed`() async throws {
        let marker = "96\(UInt32.random(in: 10_000...99_999))"
        let job = try await database.enqueue("long")
        let worker = try database.qworker("long=exec:sleep \(marker)", options: ["--lease", "1s"])
        #expect(try await eventually { processes(with: "sleep \(marker)") == 1 })
        try await database.sql("select queue.cancel(\(job))")
        #expect(try await eventually { processes(with: "sleep \(marker)") == 0 })
        #expect(try await worker.terminate() == 0)
        #expect(try await database.states() == "canceled 1")
        #expect(worker.errors.contains("lease is gone"))
    }

    /// The lease is far from its end, so that only a heartbeat, due when a third of it is gone, can have told the worker.
    @Test func `A canceled job's command is killed at the next heartbeat`() async throws {
        let marker = "94\(UInt32.random(in: 10_000...99_999))"
        let job = try await database.enqueue("long")
        let worker = try database.qworker("long=exec:sleep \(marker)", options: ["--lease", "15s"])
        #expect(try await eventually { processes(with: "sleep \(marker)") == 1 })
        try await database.sql("select queue.cancel(\(job))")
        #expect(try await eventually(within: .seconds(12)) { processes(with: "sleep \(marker)") == 0 })
        #expect(try await worker.terminate() == 0)
    }

    @Test func `An enqueue wakes a worker long before it would look`() async throws {
        let worker = try database.qworker("k=builtin:noop", options: ["--poll", "30s", "--maintain", "0"])
        #expect(try await eventually { worker.errors.contains("worker starts") })
        try await Task.sleep(for: .seconds(1))
        try await database.enqueue("k")
        #expect(try await eventually(within: .seconds(25)) { try await database.states() == "succeeded 1" })
        #expect(try await worker.terminate() == 0)
    }

    @Test func `Without LISTEN a worker finds jobs by looking`() async throws {
        let worker = try database.qworker("k=builtin:noop", options: ["--no-listen", "--poll", "200ms"])
        try await database.enqueue("k")
        try await database.enqueue("k", options: "run_at => now() + interval '1 second'")
        #expect(try await eventually { try await database.states() == "succeeded 2" })
        #expect(try await worker.terminate() == 0)
    }

    @Test func `Neither payloads nor results nor error messages appear in the log`() async throws {
        try await database.enqueue("good", #"{"password": "hunter2"}"#)
        try await database.enqueue("bad", #"{"password": "hunter2"}"#)
        let worker = try await database.drain(
            ["good=exec:cat", "bad=exec:cat >&2; exit 1"], options: ["--log-level", "trace"])
        #expect(worker.errors.contains("job failed"))
        #expect(worker.errors.contains("job done"))
        #expect(!(worker.errors + worker.output).contains("hunter2"))
    }
}
