import Foundation
import Quoll
import Testing

/// What goes in as a value comes out as the same value.
@Suite struct PayloadTests {
    private indirect enum Tree: Codable, Equatable {
        case leaf(String?)
        case fork([Tree], [String: Tree])
    }

    private struct Everything: Codable, Equatable {
        var text = "Grüße, 世界 👩‍👩‍👧 \u{202E}\u{7F} \\ \" ' / {} \t\r\n $1"
        var empty = ""
        var none: Int?
        var big = Int64.max
        var small = Int64.min
        var fine = 0.1
        var tiny = Double.leastNonzeroMagnitude
        var yes = true
        var when = Date(timeIntervalSince1970: 1_763_709_274.125)
        var bytes = Data([0, 1, 255])
        var list: [[Int?]] = [[], [1, nil, 3]]
        var tree = Tree.fork([.leaf(nil), .leaf("x")], ["": .leaf("y"), "k\u{0301}": .fork([], [:])])
    }

    /// Enqueues, claims, completes with the payload as the result, and reads both back.
    private func roundTrip<Value: Codable & Equatable & Sendable>(_ value: Value) async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k", payload: value)
        let job = try await fixture.claimOne()
        #expect(try job.decodePayload() == value)
        #expect(try await fixture.client.complete(job.lease, result: value) == .ok)
        let record = try #require(try await fixture.client.getJob(id))
        #expect(try record.decodePayload() == value)
        #expect(try record.decodeResult() == value)
    }

    @Test func `text in any script, numbers to their limits, dates, bytes and trees`() async throws {
        try await roundTrip(Everything())
    }

    @Test func `a document that is no object`() async throws {
        try await roundTrip([1, 2, 3])
        try await roundTrip("text")
        try await roundTrip(false)
        try await roundTrip(-7)
    }

    @Test func `null, which is a payload and not the absence of one`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k", payload: String?.none)
        let job = try await fixture.claimOne()
        #expect(job.payload == "null")
        #expect(try job.decodePayload(as: String?.self) == nil)
        #expect(try await fixture.client.complete(job.lease, result: Int?.none) == .ok)
        #expect(try await fixture.client.getJob(id)?.result == "null")
    }

    @Test func `two megabytes`() async throws {
        try await roundTrip(String(repeating: "ä\"\\", count: 500_000))
    }

    @Test func `a hundred levels`() async throws {
        let deep = (0..<100).reduce(Tree.leaf("bottom")) { tree, _ in .fork([tree], [:]) }
        try await roundTrip(deep)
    }

    @Test func `a date without a fraction, as other languages write it`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.enqueue(queue: "q", kind: "k", json: #"{"at": "2026-11-21T08:00:00Z"}"#)
        let payload = try await fixture.claimOne().decodePayload(as: [String: Date].self)
        #expect(payload == ["at": Date(timeIntervalSince1970: 1_795_248_000)])
    }

    @Test func `what JSON cannot hold is refused before it is sent`() async throws {
        let fixture = try await Fixture()
        let error = await expectError(.badPayload) {
            try await fixture.client.enqueue(queue: "q", kind: "k", payload: [Double.nan])
        }
        #expect(error?.sqlState == nil)
    }

    @Test func `NUL characters, which Postgres cannot store, are refused`() async throws {
        let fixture = try await Fixture()
        await expectError(.invalidArgument) {
            try await fixture.client.enqueue(queue: "q", kind: "k", payload: "a\u{0}b")
        }
        await expectError(.invalidArgument) { try await fixture.client.enqueue(queue: "q\u{0}", kind: "k") }
        #expect(try await fixture.client.listJobs().isEmpty)
    }

    @Test func `a payload of another type is told without its content`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.enqueue(queue: "q", kind: "k", payload: ["password": "hunter2"])
        let job = try await fixture.claimOne()
        let error = await expectError(.badPayload) { try job.decodePayload(as: [String: Int].self) }
        #expect(error.map { !"\($0)".contains("hunter2") } == true)
    }
}
