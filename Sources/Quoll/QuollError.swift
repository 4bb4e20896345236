public import PostgresConnection

/// What went wrong with a call of a queue function.
public struct QuollError: Error, Sendable, CustomStringConvertible {
    /// The kinds of error. Compare with `==`; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// An argument is out of its range, or an option is unknown (22023, 22P02).
        public static let invalidArgument = Code(description: "invalidArgument")
        /// No such queue or job (42704).
        public static let notFound = Code(description: "notFound")
        /// The queue exists already, or another live job holds the unique key (42710, 23505).
        public static let alreadyExists = Code(description: "alreadyExists")
        /// The payload is longer than the queue takes (JQ001).
        public static let payloadTooLarge = Code(description: "payloadTooLarge")
        /// The queue has taken its share of this minute; the hint says when to try again (JQ002).
        public static let rateExceeded = Code(description: "rateExceeded")
        /// Not possible in the state that the job or queue is in (55000).
        public static let wrongState = Code(description: "wrongState")
        /// Somebody holds what the call needs: try again (55P03).
        public static let busy = Code(description: "busy")
        /// Another transaction came first: begin the transaction again (40001, 40P01).
        public static let serialization = Code(description: "serialization")
        /// The role may not do this (42501).
        public static let notPermitted = Code(description: "notPermitted")
        /// The schema is not installed in this database, or is older than this library (3F000, 42883, 42P01).
        public static let notInstalled = Code(description: "notInstalled")
        /// A payload or result cannot be written as JSON, or is not of the type asked for.
        public static let badPayload = Code(description: "badPayload")
        /// The server answered something that no version of the schema answers.
        public static let unexpectedAnswer = Code(description: "unexpectedAnswer")
        /// No connection, or it was lost: whether the call took effect is unknown.
        public static let connection = Code(description: "connection")
        /// The call's time was up; it was cancelled.
        public static let timeout = Code(description: "timeout")
        /// The calling task was cancelled, and the call with it.
        public static let canceled = Code(description: "canceled")
        /// Anything else that the server refused: see ``QuollError/sqlState``.
        public static let server = Code(description: "server")
    }

    public var code: Code
    public var sqlState: String?
    public var message: String
    public var detail: String?
    /// What the caller can do about it, where the server says so.
    public var hint: String?

    public init(
        code: Code, sqlState: String? = nil, message: String, detail: String? = nil, hint: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    public init(_ error: PostgresError) {
        let code = Self.code(of: error)
        self.init(
            code: code, sqlState: error.sqlState, message: error.message, detail: error.detail,
            hint: code == .notInstalled ? "install or upgrade the schema by qinstall" : error.hint)
    }

    public var description: String {
        message + (sqlState.map { " [\($0)]" } ?? "") + (hint.map { "; \($0)" } ?? "")
    }

    private static func code(of error: PostgresError) -> Code {
        switch error.code {
        case .connection, .closed: .connection
        case .timeout: .timeout
        case .canceled: .canceled
        case .invalidValue: .invalidArgument
        default: error.sqlState.flatMap { codes[$0] } ?? .server
        }
    }

    private static let codes: [String: Code] = [
        "22023": .invalidArgument, "22P02": .invalidArgument, "22003": .invalidArgument, "22P05": .invalidArgument,
        "42704": .notFound, "42710": .alreadyExists, "23505": .alreadyExists, "55000": .wrongState, "55P03": .busy,
        "40001": .serialization, "40P01": .serialization, "42501": .notPermitted, "3F000": .notInstalled,
        "42883": .notInstalled, "42P01": .notInstalled, "JQ001": .payloadTooLarge, "JQ002": .rateExceeded,
    ]
}
