import Logging
import PostgresConnection
import Quoll
import TestSupport
import Testing

/// A database with the schema, and a client of it.
struct Fixture: Sendable {
    let url: String
    let client: QuollClient

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() async throws {
        url = try await TestCluster.shared().makeDatabase(installed: true)
        client = try await Self.client(url)
    }

    /// A client on a connection of its own.
    static func client(_ url: String) async throws -> QuollClient {
        try await .connect(PostgresConfiguration(url: url), timeout: .seconds(60), logger: logger)
    }

    /// One more client of this database.
    func another() async throws -> QuollClient { try await Self.client(url) }

    /// Runs SQL that the client has no method for; returns the first column of its rows.
    @discardableResult
    func sql(_ statement: String) async throws -> [String?] {
        try await client.connection.query(statement).map { $0[0] }
    }

    /// Claims exactly one job.
    func claimOne(queue: String = "q", kinds: [String]? = nil) async throws -> ClaimedJob {
        let jobs = try await client.claimBatch(queue: queue, worker: "test", kinds: kinds)
        #expect(jobs.count == 1)
        return try #require(jobs.first)
    }

    /// The state of a job.
    func state(_ jobID: Int64) async throws -> JobState? { try await client.getJob(jobID)?.state }
}

/// Expects `body` to throw a ``QuollError`` of this kind; returns it.
@discardableResult
func expectError<Value>(
    _ code: QuollError.Code, sqlState: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async -> QuollError? {
    let error = await #expect(throws: QuollError.self, sourceLocation: sourceLocation) { _ = try await body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    if let sqlState { #expect(error?.sqlState == sqlState, sourceLocation: sourceLocation) }
    return error
}
