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
