import Foundation
import Logging
import PostgresConnection
import Quoll

/// The engine's calls as calls of `queue.*` functions, over one connection.
final class PostgresJobStore: JobStore {
    private let link: PostgresLink
    private let worker: String
    private let routingKeys: [String]

    /// No call of a worker takes long; one that does has met a lost network or a lock, and is better tried again.
    private static let callTimeout = Duration.seconds(30)
    /// One call does a bounded share, but may have to read much.
    private static let maintenanceTimeout = Duration.seconds(300)

    init(configuration: PostgresConfiguration, worker: String, routingKeys: [String], logger: Logger) {
        link = PostgresLink(configuration, logger: logger)
        self.worker = worker
        self.routingKeys = routingKeys
    }

    /// The installed version of the schema.
    func version() async throws -> String {
        try await call { try await QuollClient($0, timeout: Self.callTimeout).version() }
    }

    func claim(queue: String, kinds: [String], count: Int, lease: Duration?) async throws -> [Claimed] {
        try await call { connection in
            try await connection.query(
                Self.claimCall,
                [
                    .text(queue), .text(self.worker), .int(Int64(count)), .init(lease), .textArray(kinds),
                    .textArray(self.routingKeys),
                ], timeout: Self.callTimeout
            ).map { try Claimed($0, queue: queue) }
        }
    }

    private static let claimCall = """
        select job_id, lease_token, attempt, max_attempts, kind, payload, headers, priority, group_key, \
        extract(epoch from enqueued_at) as enqueued_at, extract(epoch from leased_until) as leased_until, \
        extract(epoch from leased_until - queue.now()) as lease_length \
        from queue.claim_batch(queue => $1, worker => $2, max_jobs => $3::int, lease => $4::interval, kinds => $5::text[], \
        routing_keys => $6::text[])
        """

    func settle(_ settlements: [Settlement]) async throws -> [Verdict] {
        try await call { connection in
            let plan = try SettlePlan(settlements)
            let answers = try await connection.pipeline(plan.statements, timeout: Self.callTimeout)
            // when one fails the server skips those after it; the first real error says why
            for case .failure(let error) in answers where error.sqlState != nil { throw error }
            return try plan.verdicts(answers.map { try $0.get() })
        }
    }

    func heartbeat(_ jobs: [Job], lease: Duration?) async throws -> [Verdict] {
        try await call { connection in
            try await QuollClient(connection, timeout: Self.callTimeout).heartbeat(
                jobs.map { Lease(jobID: $0.id, leaseToken: $0.leaseToken) }, lease: lease)
        }
    }

    func maintain() async throws {
        try await call { try await QuollClient($0, timeout: Self.maintenanceTimeout).maintain() }
    }

    func close() async { await link.close() }

    /// A stream of wake-ups for the queues; it fails when the connection is lost.
    func notifications(_ queues: [String]) async throws -> AsyncThrowingStream<PostgresNotification, any Error> {
        try await call { connection in
            var channels: [String] = []
            for queue in queues {
                channels.append(try await QuollClient(connection, timeout: Self.callTimeout).channel(queue))
            }
            return try await connection.notifications(on: channels)
        }
    }

    /// Asks the server for nothing: a connection that was cut without a word is found out so.
    func probe() async throws {
        _ = try await call { try await $0.query("select", timeout: Self.callTimeout) }
    }

    @discardableResult
    private func call<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(try await link.connection())
        } catch let error as PostgresError {
            throw StoreError(QuollError(error))
        } catch let error as QuollError {
            throw StoreError(error)
        }
    }
}

extension Verdict {
    /// From a row with a column `verdict`. A word of a newer schema counts as a lost lease.
    init(_ row: PostgresRow) {
        self = row["verdict"].flatMap(Verdict.init(rawValue:)) ?? .stale
    }
}

extension StoreError {
    /// SQLSTATE classes of errors that are the fault of what was sent: data exception, limit exceeded. All others, be
    /// it a missing privilege, say nothing about a job.
    private static let refusedClasses: Set<String> = ["22", "54"]
    private static let refusedCodes: Set<QuollError.Code> = [.invalidArgument, .badPayload]

    init(_ error: QuollError) {
        let passes =
            error.sqlState.map { !Self.refusedClasses.contains(String($0.prefix(2))) }
            ?? !Self.refusedCodes.contains(error.code)
        // the server's message may quote a value: only its code is told for what concerns our arguments
        self.init(
            reason: passes ? .unavailable : .refused, sqlState: error.sqlState,
            summary: passes ? error.message : error.sqlState.map { "SQLSTATE \($0)" } ?? "\(error.code)")
    }
}

extension Claimed {
    init(_ row: PostgresRow, queue: String) throws {
        func date(_ column: String) throws -> Date {
            Date(timeIntervalSince1970: try row.decode(column, as: Double.self))
        }
        job = Job(
            id: try row.decode("job_id", as: Int64.self), leaseToken: try row.decode("lease_token", as: Int64.self),
            queue: queue, kind: row["kind"] ?? "", attempt: Int(try row.decode("attempt", as: Int64.self)),
            maxAttempts: Int(try row.decode("max_attempts", as: Int64.self)), payload: row["payload"] ?? "null",
            headers: row["headers"], priority: Int(try row.decode("priority", as: Int64.self)),
            groupKey: row["group_key"], enqueuedAt: try date("enqueued_at"), leasedUntil: try date("leased_until"))
        leaseLength = .seconds(max(0.1, try row.decode("lease_length", as: Double.self)))
    }
}
