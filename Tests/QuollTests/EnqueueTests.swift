import Foundation
import Quoll
import Testing

@Suite struct EnqueueTests {
    private struct Mail: Codable, Equatable {
        var to: String
        var copies = 1
    }

    @Test func `a job carries what it was enqueued with`() async throws {
        let fixture = try await Fixture()
        let runAt = Date(timeIntervalSince1970: 4_102_444_800.25)
        let options = JobOptions(
            runAt: runAt, priority: 7, maxAttempts: 3, uniqueKey: "u", groupKey: "g", headers: ["trace": "é"])
        let id = try await fixture.client.enqueue(
            queue: "mail", kind: "send", payload: Mail(to: "ann"), options: options)
        let job = try #require(try await fixture.client.getJob(id))
        #expect(job.jobID == id && job.queue == "mail" && job.kind == "send" && job.state == .scheduled)
        #expect(job.runAt == runAt && job.priority == 7 && job.maxAttempts == 3)
        #expect(job.uniqueKey == "u" && job.groupKey == "g" && job.headers == #"{"trace": "é"}"#)
        #expect(try job.decodePayload() == Mail(to: "ann"))
        #expect(job.attempt == 0 && job.result == nil && job.replayOf == nil)
        #expect(abs(job.enqueuedAt.timeIntervalSinceNow) < 60)
    }

    @Test func `without options the queue's defaults hold`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.createQueue("q", options: #"{"priority": 5, "max_attempts": 2}"#)
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        let job = try #require(try await fixture.client.getJob(id))
        #expect(job.state == .ready && job.priority == 5 && job.maxAttempts == 2 && job.payload == "{}")
        #expect(job.headers == nil && job.uniqueKey == nil && job.groupKey == nil)
    }

    @Test func `a unique key gives the live job's id, and a new job once that one has ended`() async throws {
        let fixture = try await Fixture()
        let options = JobOptions(uniqueKey: "only")
        let first = try await fixture.client.enqueue(queue: "q", kind: "k", options: options)
        #expect(try await fixture.client.enqueue(queue: "q", kind: "k", options: options) == first)
        #expect(try await fixture.client.enqueue(queue: "other", kind: "k", options: options) != first)
        #expect(try await fixture.client.complete(fixture.claimOne().lease) == .ok)
        #expect(try await fixture.client.enqueue(queue: "q", kind: "k", options: options) != first)
    }

    @Test func `the holder of a unique key is kept, gets the payload, or is put off as well`() async throws {
        let fixture = try await Fixture()
        var options = JobOptions(uniqueKey: "only")
        let id = try await fixture.client.enqueue(queue: "q", kind: "k", json: "1", options: options)
        func enqueue(_ payload: String) async throws -> JobRecord {
            #expect(try await fixture.client.enqueue(queue: "q", kind: "k", json: payload, options: options) == id)
            return try #require(try await fixture.client.getJob(id))
        }
        options.onConflict = .keep
        #expect(try await enqueue("2").payload == "1")
        options.onConflict = .replace
        options.runAt = Date(timeIntervalSinceNow: 3600)
        #expect(try await enqueue("3").payload == "3")
        #expect(try await enqueue("4").state == .ready)
        options.onConflict = .reschedule
        let job = try await enqueue("5")
        #expect(job.state == .scheduled && job.payload == "5")
        let batch = try await fixture.client.enqueueBatch(
            queue: "q",
            jobs: [NewJob(kind: "k", json: "6", options: JobOptions(uniqueKey: "only", onConflict: .replace))])
        #expect(batch.map(\.jobID) == [id] && batch.map(\.created) == [false])
        #expect(try await fixture.client.getJob(id)?.payload == "6")
    }

    @Test func `a unique key can outlast its job`() async throws {
        let fixture = try await Fixture()
        let options = JobOptions(uniqueKey: "only", uniqueFor: .seconds(3600))
        let first = try await fixture.client.enqueue(queue: "q", kind: "k", options: options)
        #expect(try await fixture.client.complete(fixture.claimOne().lease) == .ok)
        let job = NewJob(kind: "k", options: options)
        #expect(try await fixture.client.enqueueBatch(queue: "q", jobs: [job]).map(\.jobID) == [first])
        #expect(try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1"], options: options) == [first])
    }

    @Test func `a job waits for those that it is to run after`() async throws {
        let fixture = try await Fixture()
        let parents = try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1", "2"])
        let after = JobOptions(after: parents)
        let child = try await fixture.client.enqueue(queue: "c", kind: "k", options: after)
        let children = try await fixture.client.enqueueBatch(
            queue: "c",
            jobs: [
                NewJob(kind: "k", options: after),
                NewJob(kind: "k", options: JobOptions(after: parents, onParentFailure: .run)),
                NewJob(kind: "k", options: JobOptions(after: [child], onParentFailure: .wait)),
            ])
        func states() async throws -> [JobState] {
            try await fixture.client.listJobs(queue: "c").sorted { $0.jobID < $1.jobID }.map(\.state)
        }
        #expect(children.count == 3)
        #expect(try await states() == [.blocked, .blocked, .blocked, .blocked])
        #expect(try await fixture.client.explain(child)?.reason == "BLOCKED")
        #expect(try await fixture.client.complete(fixture.claimOne().lease) == .ok)
        #expect(try await fixture.client.cancel(parents[1]) == .canceled)
        for _ in 0..<600 {
            try await fixture.client.maintain()
            if try await states() == [.canceled, .canceled, .ready, .blocked] { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await states() == [.canceled, .canceled, .ready, .blocked])
    }

    @Test func `a job with a routing key goes to who names it`() async throws {
        let fixture = try await Fixture()
        let options = JobOptions(routingKey: "gpu")
        let one = try await fixture.client.enqueue(queue: "q", kind: "k", options: options)
        let two = try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["2"], options: options)
        let three = try await fixture.client.enqueueBatch(queue: "q", jobs: [NewJob(kind: "k", options: options)])
        #expect(try await fixture.client.getJob(one)?.routingKey == "gpu")
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w", maxJobs: 9).isEmpty)
        #expect(try await fixture.client.claimBatch(queue: "q", worker: "w", routingKeys: ["cpu"]).isEmpty)
        let claimed = try await fixture.client.claimBatch(
            queue: "q", worker: "w", maxJobs: 9, routingKeys: ["cpu", "gpu"])
        #expect(claimed.map(\.lease.jobID) == [one] + two + three.map(\.jobID))
    }

    @Test func `a batch of payloads is enqueued in order, with one set of options`() async throws {
        let fixture = try await Fixture()
        let mails = (1...300).map { Mail(to: "no \($0)", copies: $0) }
        let ids = try await fixture.client.enqueueBatch(
            queue: "q", kind: "k", payloads: mails, options: JobOptions(priority: 3, headers: ["a": "b"]))
        #expect(Set(ids).count == 300)
        for place in [0, 150, 299] {
            let job = try #require(try await fixture.client.getJob(ids[place]))
            #expect(try job.decodePayload() == mails[place])
            #expect(job.priority == 3 && job.headers == #"{"a": "b"}"#)
        }
        #expect(try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: []).isEmpty)
        #expect(try await fixture.client.listJobs(queue: "q", maxJobs: 500).map(\.jobID) == ids.sorted())
    }

    @Test func `a batch of different jobs says which of them it made`() async throws {
        let fixture = try await Fixture()
        let runAt = Date(timeIntervalSinceNow: 3600.5)
        let before = try await fixture.client.enqueue(queue: "q", kind: "k", options: JobOptions(uniqueKey: "taken"))
        let made = try await fixture.client.enqueueBatch(
            queue: "q",
            jobs: [
                try NewJob(kind: "a", payload: Mail(to: "ann"), options: JobOptions(runAt: runAt, maxAttempts: 4)),
                NewJob(kind: "b", json: "null", options: JobOptions(uniqueKey: "taken")),
                NewJob(kind: "c", json: #"["x\"y", null]"#, options: JobOptions(priority: -9, groupKey: "g")),
                NewJob(kind: "d", options: JobOptions(headers: ["h": "{\"}"])),
            ])
        #expect(made.map(\.created) == [true, false, true, true])
        #expect(made[1].jobID == before)
        let jobs = try await fixture.client.listJobs(queue: "q", afterID: before)
        #expect(jobs.count == 3)
        let byKind = Dictionary(uniqueKeysWithValues: jobs.map { ($0.kind, $0) })
        #expect(try byKind["a"]?.decodePayload() == Mail(to: "ann"))
        #expect(byKind["a"]?.maxAttempts == 4 && byKind["a"]?.jobID == made[0].jobID)
        #expect(abs(try #require(byKind["a"]?.runAt).timeIntervalSince(runAt)) < 0.001)
        #expect(byKind["c"]?.payload == #"["x\"y", null]"# && byKind["c"]?.priority == -9)
        #expect(byKind["c"]?.groupKey == "g" && byKind["c"]?.jobID == made[2].jobID)
        #expect(byKind["d"]?.headers == #"{"h": "{\"}"}"# && byKind["d"]?.payload == "{}")
        #expect(try await fixture.client.enqueueBatch(queue: "q", jobs: []).isEmpty)
    }

    @Test func `a bad element is named, and nothing of the batch is there`() async throws {
        let fixture = try await Fixture()
        let jobs = [NewJob(kind: "a"), NewJob(kind: "b", options: JobOptions(priority: 101))]
        let error = await expectError(.invalidArgument, sqlState: "22023") {
            try await fixture.client.enqueueBatch(queue: "q", jobs: jobs)
        }
        #expect(error?.message == "element 2: priority 101 is out of range")
        #expect(error?.hint == "use -100 (last) to 100 (first)")
        #expect(try await fixture.client.listJobs().isEmpty)
    }

    @Test(arguments: [#"{}, "priority": 100"#, #"1},{"kind":"more""#, "", "{", "nonsense", "1 2"])
    func `a payload that is not one JSON document is refused`(payload: String) async throws {
        let fixture = try await Fixture()
        await expectError(.invalidArgument) { try await fixture.client.enqueue(queue: "q", kind: "k", json: payload) }
        await expectError(.invalidArgument) {
            try await fixture.client.enqueueBatch(queue: "q", kind: "k", json: ["1", payload])
        }
        await expectError(.invalidArgument) {
            try await fixture.client.enqueueBatch(queue: "q", jobs: [NewJob(kind: "k", json: payload)])
        }
        #expect(try await fixture.client.listJobs().isEmpty)
    }
}
