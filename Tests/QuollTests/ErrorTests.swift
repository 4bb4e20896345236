import Foundation
import PostgresConnection
import Quoll
import TestSupport
import Testing

/// Each SQLSTATE that the SQL documents, as the kind of error that it is here.
@Suite struct ErrorTests {
    @Test func `arguments out of range`() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        let error = await expectError(.invalidArgument, sqlState: "22023") {
            try await client.enqueue(queue: "q", kind: "k", options: JobOptions(priority: 101))
        }
        #expect(error?.message == "priority 101 is out of range")
        #expect(error?.hint == "use -100 (last) to 100 (first)")
        #expect(error?.description == "priority 101 is out of range [22023]; use -100 (last) to 100 (first)")
        await expectError(.invalidArgument) { try await client.enqueue(queue: " ", kind: "k") }
        await expectError(.invalidArgument) { try await client.enqueue(queue: "q", kind: "") }
        await expectError(.invalidArgument) { try await client.claimBatch(queue: "q", worker: "w", maxJobs: 0) }
        await expectError(.invalidArgument) { try await client.claimBatch(queue: "q", worker: "w", maxJobs: .max) }
        await expectError(.invalidArgument) { try await client.claimBatch(queue: "q", worker: "") }
        await expectError(.invalidArgument) { try await client.listJobs(maxJobs: 501) }
        await expectError(.invalidArgument) { try await client.listJobs(state: JobState(rawValue: "odd")) }
        await expectError(.invalidArgument) { try await client.heartbeat([], lease: .zero) }
        await expectError(.invalidArgument) { try await client.createQueue("q", options: #"{"colour": 1}"#) }
        await expectError(.invalidArgument) { try await client.createQueue("q", options: "{") }
        try await client.createQueue("q")
        await expectError(.invalidArgument) { try await client.redrive(queue: "q", maxJobs: -1) }
        let lease = Lease(jobID: 1, leaseToken: 1)
        await expectError(.invalidArgument) { try await client.snooze(lease, delay: .seconds(-1)) }
        await expectError(.invalidArgument) { try await client.fail(lease, errorCode: "E", retryIn: .seconds(-1)) }
        await expectError(.invalidArgument) { try await client.completeBatch([lease], results: ["1", "2"]) }
    }

    @Test func `no such job or queue`() async throws {
        let client = try await Fixture().client
        await expectError(.notFound, sqlState: "42704") { try await client.cancel(1) }
        await expectError(.notFound, sqlState: "42704") { try await client.retry(1) }
        await expectError(.notFound, sqlState: "42704") { try await client.replay(1) }
        await expectError(.notFound, sqlState: "42704") { try await client.redrive(queue: "q") }
        await expectError(.notFound, sqlState: "42704") { try await client.configureQueue("q", options: "{}") }
        await expectError(.notFound, sqlState: "42704") { try await client.pauseQueue("q") }
        await expectError(.notFound, sqlState: "42704") { try await client.resumeQueue("q") }
        await expectError(.notFound, sqlState: "42704") { try await client.dropQueue("q") }
    }

    @Test func `a queue that exists, and a unique key that is taken`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q")
        await expectError(.alreadyExists, sqlState: "42710") { try await fixture.client.createQueue("q") }
        let options = JobOptions(uniqueKey: "u")
        let old = try await fixture.client.enqueue(queue: "q", kind: "k", options: options)
        try await fixture.client.cancel(old)
        try await fixture.client.enqueue(queue: "q", kind: "k", options: options)
        await expectError(.alreadyExists, sqlState: "23505") { try await fixture.client.retry(old) }
    }

    @Test func `what a queue refuses, and that it is told of`() async throws {
        let fixture = try await Fixture()
        let client = fixture.client
        try await client.createQueue("q", options: #"{"max_payload_bytes": 4}"#)
        let error = await expectError(.payloadTooLarge, sqlState: "JQ001") {
            try await client.enqueue(queue: "q", kind: "k", json: "12345")
        }
        #expect(error?.message == "payload of 5 bytes is over the limit of queue 'q', 4 bytes")
        try await client.enqueue(queue: "q", kind: "k", json: "1234")
        let decisions = try await client.ingestDecisions()
        #expect(decisions.map(\.reasonCode) == ["PAYLOAD_TOO_LARGE"] && decisions[0].queue == "q")
        #expect(decisions[0].decision == "REFUSED" && decisions[0].details == #"{"payload_bytes": 5}"#)
        #expect(abs(decisions[0].at.timeIntervalSinceNow) < 600)
        #expect(try await client.ingestDecisions(queue: "other").isEmpty)
        try await client.maintain()
        #expect(try await client.ingestDecisions().map(\.reasonCode) == ["PAYLOAD_TOO_LARGE"], "kept, and told once")
    }

    @Test func `thirty producers at once stay within the rate of their queue`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"max_enqueues_per_minute": 100}"#)
        // The rate is by the minute: begin early in one.
        let second = "extract(second from now())"
        try await fixture.sql("select pg_sleep(61 - \(second)) where \(second) > 40")
        try await fixture.client.enqueue(queue: "q", kind: "k")
        let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...30 {
                group.addTask {
                    let producer = try await fixture.another()
                    var count = 0
                    for _ in 1...8 {
                        do {
                            try await producer.enqueue(queue: "q", kind: "k")
                            count += 1
                        } catch let error as QuollError where error.code == .rateExceeded {}
                    }
                    await producer.close()
                    return count
                }
            }
            return try await group.reduce(1, +)
        }
        #expect(accepted == 100)
        #expect(try await fixture.client.stats(queue: "q").map(\.ready) == [100])
    }

    @Test func `a retry of what has succeeded`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        _ = try await fixture.client.complete(fixture.claimOne().lease)
        let error = await expectError(.wrongState, sqlState: "55000") { try await fixture.client.retry(id) }
        #expect(error?.hint == "queue.replay() runs it again as a new job")
    }

    @Test func `a queue that an open transaction claims from`() async throws {
        let fixture = try await Fixture()
        let other = try await fixture.another()
        try await fixture.client.enqueue(queue: "q", kind: "k")
        try await fixture.client.withTransaction { client in
            let claimed = try await client.claimBatch(queue: "q", worker: "w")
            #expect(claimed.count == 1)
            await expectError(.busy, sqlState: "55P03") { try await other.dropQueue("q", force: true) }
        }
    }

    @Test func `another claim that came first`() async throws {
        let fixture = try await Fixture()
        let other = try await fixture.another()
        try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1", "2"])
        await expectError(.serialization, sqlState: "40001") {
            try await fixture.client.withTransaction { client in
                try await client.connection.execute("set transaction isolation level repeatable read")
                _ = try await client.version()
                let claimed = try await other.claimBatch(queue: "q", worker: "w")
                #expect(claimed.count == 1)
                _ = try await client.claimBatch(queue: "q", worker: "w")
            }
        }
    }

    @Test func `no right to call it`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.connection.execute("set role queue_producer")
        try await fixture.client.enqueue(queue: "q", kind: "k")
        await expectError(.notPermitted, sqlState: "42501") {
            try await fixture.client.claimBatch(queue: "q", worker: "w")
        }
        await expectError(.notPermitted, sqlState: "42501") { try await fixture.client.deadLetters() }
    }

    @Test func `no schema in the database`() async throws {
        let client = try await Fixture.client(TestCluster.shared().makeDatabase(installed: false))
        await expectError(.notInstalled, sqlState: "3F000") { try await client.version() }
        await expectError(.notInstalled, sqlState: "42P01") { try await client.deadLetters() }
    }

    @Test func `no server, and a connection that is cut`() async throws {
        await expectError(.connection) { try await Fixture.client("postgresql://u@127.0.0.1:1/d") }
        let fixture = try await Fixture()
        let other = try await fixture.another()
        try await fixture.sql("select pg_terminate_backend(\(other.connection.backendPID))")
        await expectError(.connection) { try await other.version() }
        await other.close()
        await expectError(.connection) { try await other.version() }
    }

    @Test func `a call whose time is up, and one whose task is cancelled`() async throws {
        let fixture = try await Fixture()
        var other = try await fixture.another()
        other.timeout = .milliseconds(200)
        let patient = try await fixture.another()
        let (hasty, second) = (other, patient)
        try await fixture.client.createQueue("q")
        try await fixture.client.withTransaction { client in
            try await client.pauseQueue("q")
            await expectError(.timeout) { try await hasty.pauseQueue("q") }
            let task = Task { try await second.pauseQueue("q") }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await expectError(.canceled) { try await task.value }
        }
        #expect(try await hasty.version() == patient.version())
    }

    @Test func `anything else keeps its SQLSTATE and detail`() {
        let error = QuollError(
            PostgresError(code: .server, sqlState: "22012", message: "division by zero", detail: "d", hint: "h"))
        #expect(error.code == .server && error.sqlState == "22012" && error.detail == "d" && error.hint == "h")
    }
}
