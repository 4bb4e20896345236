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
    func validate(handlers: [JobHandler]) throws {
        func check(_ isValid: Bool, _ message: String) throws {
            if !isValid { throw WorkerError(code: .invalidOption, message: message) }
        }
        try check(!queues.isEmpty, "no queue given")
        try check(Set(queues).count == queues.count, "a queue is given twice")
        try check(!queues.contains(""), "a queue's name is empty")
        try check(!handlers.isEmpty, "no handler given")
        try check(Set(handlers.map(\.kind)).count == handlers.count, "a kind has two handlers")
        try check(!handlers.contains { $0.kind.isEmpty }, "a handler's kind is empty")
        try check(concurrency > 0, "the concurrency must be at least 1")
        try check(handlers.allSatisfy { ($0.concurrency ?? 1) > 0 }, "a handler's concurrency must be at least 1")
        try check(claimBatch > 0 && settleBatch > 0, "a batch must be at least 1")
        try check(
            pollInterval > .zero && pollInterval <= .seconds(30), "the poll interval must be more than 0, at most 30s")
        try check((lease ?? .seconds(1)) > .zero, "the lease must be more than 0")
        let timeouts = handlers.compactMap(\.timeout) + [timeout].compactMap(\.self)
        try check(timeouts.allSatisfy { $0 > .zero }, "a timeout must be more than 0")
        try check((maintenanceInterval ?? .seconds(1)) > .zero, "the maintenance interval must be more than 0")
        try check(gracePeriod >= .zero, "the grace period must not be negative")
    }
}
