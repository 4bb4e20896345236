/// What went wrong with a connection or a statement.
public struct PostgresError: Error, Sendable {
    /// The kinds of error. Compare with `==`; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// No connection could be made, or it was lost; whether the last statement took effect is unknown.
        public static let connection = Code(description: "connection")
        /// The server refused the statement: see ``PostgresError/sqlState``.
        public static let server = Code(description: "server")
        /// The calling task was cancelled, and the statement with it.
        public static let canceled = Code(description: "canceled")
        /// The statement's time was up, and it was cancelled.
        public static let timeout = Code(description: "timeout")
        /// The connection was closed before.
        public static let closed = Code(description: "closed")
        /// An earlier statement of the same pipeline failed; this one was not run.
        public static let skipped = Code(description: "skipped")
        /// An argument cannot be sent, or a value cannot be read as the type asked for.
        public static let invalidValue = Code(description: "invalidValue")
        /// The server answered something that this library does not speak (COPY).
        public static let protocolViolation = Code(description: "protocolViolation")
    }

    public var code: Code
    /// Five characters, where the server gave one.
    public var sqlState: String?
    /// One line.
    public var message: String
    public var detail: String?
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
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        let state = sqlState.map { " [\($0)]" } ?? ""
        return "\(message)\(state)\(hint.map { "; \($0)" } ?? "")"
    }
}
