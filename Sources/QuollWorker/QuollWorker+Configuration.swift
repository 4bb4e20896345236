import Foundation
public import PostgresConnection

extension QuollWorker {
    /// How a worker works. Every option has a default except the connection and the queues.
    public struct Configuration: Sendable {
        public var postgres: PostgresConfiguration
        /// The queues to serve, each as often as the others. At least one.
        public var queues: [String]
        /// Also jobs with one of these routing keys; jobs with any other are left to others. Default: none.
        public var routingKeys: [String] = []
        /// The worker's name in the history of attempts. Default: host name and process id.
        public var name: String
        /// How many jobs run at once, over all queues and kinds. Default 16.
        public var concurrency = 16
        /// The most jobs one claim asks for. Default 100; the free slots bound it too.
        public var claimBatch = 100
        /// The most outcomes settled in one round trip. Default 500.
        public var settleBatch = 500
        /// The lease asked for; nil (the default): the queue's own.
        public var lease: Duration?
        /// How long a job may run when its handler names no timeout; nil (the default): as long as it likes.
        public var timeout: Duration?
        /// Look for work at least this often. Default 1 s, at most 30 s: a notification may be lost.
        public var pollInterval: Duration = .seconds(1)
        /// Listen for notifications, on a connection of its own. Default true.
        public var listens = true
        /// How often to call `queue.maintain()`; nil: never. Default 1 s.
        public var maintenanceInterval: Duration? = .seconds(1)
        /// At a graceful shutdown, how long running handlers may go on before they are cancelled. Default 30 s.
        public var gracePeriod: Duration = .seconds(30)
        /// End when nothing is claimable for this worker any more. Default false.
        public var drains = false

        /// - Parameter name: the worker's name in the history of attempts; nil: host name and process id.
        public init(postgres: PostgresConfiguration, queues: [String], name: String? = nil) {
            self.postgres = postgres
            self.queues = queues
            self.name = name ?? Self.defaultName
        }

        /// `host:pid`.
        static var defaultName: String {
            "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
        }
    }
}

extension QuollWorker.Configuration {
    /// What `queue.claim_batch` takes; it would refuse every claim that asks for something else.
    private static let mostClaimed = 4_096
    private static let leases = Duration.milliseconds(100)...Duration.seconds(365 * 86_400)
    /// More jobs at once than any process has means for.
    private static let mostRunning = 100_000

    private static func isName(_ name: String) -> Bool {
        // by scalars: as characters, CR LF is one, and a lone LF is not in a text that has it
        name.unicodeScalars.count <= 200 && name.unicodeScalars.contains { !" \t\r\n".unicodeScalars.contains($0) }
    }

    func validate(handlers: [JobHandler]) throws {
        func check(_ isValid: Bool, _ message: String) throws {
            if !isValid { throw WorkerError(code: .invalidOption, message: message) }
        }
        try check(!queues.isEmpty, "no queue given")
        try check(Set(queues).count == queues.count, "a queue is given twice")
        try check(queues.allSatisfy(Self.isName), "a queue's name is blank or longer than 200 characters")
        try check(Self.isName(name), "the worker's name is blank or longer than 200 characters")
        try check(!routingKeys.contains(""), "a routing key is empty")
        try check(!handlers.isEmpty, "no handler given")
        try check(Set(handlers.map(\.kind)).count == handlers.count, "a kind has two handlers")
        try check(!handlers.contains { $0.kind.isEmpty }, "a handler's kind is empty")
        try check(concurrency > 0, "the concurrency must be at least 1")
        try check(concurrency <= Self.mostRunning, "the concurrency must be at most \(Self.mostRunning)")
        try check(handlers.allSatisfy { ($0.concurrency ?? 1) > 0 }, "a handler's concurrency must be at least 1")
        try check(claimBatch > 0 && settleBatch > 0, "a batch must be at least 1")
        try check(claimBatch <= Self.mostClaimed, "a claim's batch must be at most \(Self.mostClaimed)")
        try check(
            pollInterval > .zero && pollInterval <= .seconds(30), "the poll interval must be more than 0, at most 30s")
        try check(lease.map(Self.leases.contains) ?? true, "the lease must be between 100ms and a year")
        let timeouts = handlers.compactMap(\.timeout) + [timeout].compactMap(\.self)
        try check(timeouts.allSatisfy { $0 > .zero }, "a timeout must be more than 0")
        try check((maintenanceInterval ?? .seconds(1)) > .zero, "the maintenance interval must be more than 0")
        try check(gracePeriod >= .zero, "the grace period must not be negative")
    }
}
