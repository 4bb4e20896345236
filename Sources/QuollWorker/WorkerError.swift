/// Why a worker cannot start.
public struct WorkerError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        private let name: String

        private init(_ name: String) { self.name = name }

        /// An option or a combination of options that makes no sense.
        public static let invalidOption = Code("invalidOption")
        /// The server cannot be reached or refuses the connection.
        public static let unavailable = Code("unavailable")
        /// The database has no schema `queue`, or none that this worker can use.
        public static let notInstalled = Code("notInstalled")
    }

    public var code: Code
    /// One line for a person, without secrets.
    public var message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
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
