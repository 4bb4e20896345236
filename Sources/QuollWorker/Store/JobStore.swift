import Quoll

/// A claimed job, and how long its lease was when it arrived.
struct Claimed: Sendable {
    var job: Job
    var leaseLength: Duration
}

/// A job's outcome on its way to the server.
struct Settlement: Sendable {
    var job: Job
    var outcome: Outcome
}

/// What the engine asks of the database. Each method throws ``StoreError`` only.
protocol JobStore: Sendable {
    /// At most `count` due jobs of the given kinds; empty when there are none.
    func claim(queue: String, kinds: [String], count: Int, lease: Duration?) async throws -> [Claimed]
    /// All in one transaction; the verdicts in the order of the settlements.
    func settle(_ settlements: [Settlement]) async throws -> [Verdict]
    /// Extends leases; the verdicts in the order of the jobs.
    func heartbeat(_ jobs: [Job], lease: Duration?) async throws -> [Verdict]
    func maintain() async throws
    func close() async
}

/// Why a call failed, as far as the engine cares.
struct StoreError: Error, Sendable {
    enum Reason: Sendable {
        /// The connection or the server: worth the same call again, later.
        case unavailable
        /// The server refused these arguments, and would again.
        case refused
    }

    var reason: Reason
    /// SQLSTATE where there is one.
    var sqlState: String?
    /// For logs: carries no payload.
    var summary: String
}
