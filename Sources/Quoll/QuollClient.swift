public import Logging
public import PostgresConnection

/// The queue functions of schema `queue`, one method each, named and with parameters as there.
///
/// A client is a view of a connection: make one over the connection that ``PostgresConnection/withTransaction(_:)``
/// hands out, and its calls belong to that transaction. An enqueue then happens when the caller's own writes do, and a
/// `complete` together with what the handler wrote:
///
///     try await connection.withTransaction { transaction in
///         try await transaction.query("insert into orders (id) values ($1)", [.int(7)])
///         try await QuollClient(transaction).enqueue(queue: "mail", kind: "receipt", payload: Receipt(order: 7))
///     }
///
/// Payloads and results are `Codable`, as JSON with ISO 8601 dates, or JSON texts as they are. Every method throws
/// ``QuollError``.
public struct QuollClient: Sendable {
    public let connection: PostgresConnection
    /// After how long a call is cancelled; `nil` for never.
    public var timeout: Duration?

    /// A client over a connection that somebody else made, and closes.
    public init(_ connection: PostgresConnection, timeout: Duration? = nil) {
        self.connection = connection
        self.timeout = timeout
    }

    /// Connects, and makes a client. Close it when done: ``close()``.
    public static func connect(
        _ configuration: PostgresConfiguration = .fromEnvironment(), timeout: Duration? = nil, logger: Logger
    ) async throws -> QuollClient {
        try await mappingErrors {
            QuollClient(try await PostgresConnection.connect(configuration, logger: logger), timeout: timeout)
        }
    }

    /// Closes the connection after the calls that were made before.
    public func close() async {
        await connection.close()
    }

    /// Runs `body` in a transaction, with a client whose calls belong to it: committed when it returns, rolled back
    /// when it throws. Within another transaction it is a savepoint.
    public func withTransaction<Value: Sendable>(
        _ body: @Sendable (QuollClient) async throws -> Value
    ) async throws -> Value {
        try await Self.mappingErrors {
            try await connection.withTransaction { try await body(QuollClient($0, timeout: timeout)) }
        }
    }
}

extension QuollClient {
    /// The rows of a statement, each read by `read`.
    func rows<Value>(
        _ sql: String, _ parameters: [PostgresParameter] = [], _ read: (inout RowReader) throws -> Value
    ) async throws -> [Value] {
        let rows = try await Self.mappingErrors { try await connection.query(sql, parameters, timeout: timeout) }
        return try rows.map { row in
            var reader = RowReader(row)
            return try read(&reader)
        }
    }

    /// The first column of a statement's only row.
    func value<Value: PostgresDecodable>(
        _ sql: String, _ parameters: [PostgresParameter] = []
    ) async throws -> Value {
        let values: [Value] = try await rows(sql, parameters) { try $0.next() }
        guard let value = values.first else {
            throw QuollError(code: .unexpectedAnswer, message: "the answer has no row")
        }
        return value
    }

    /// A statement whose answer does not matter.
    func call(_ sql: String, _ parameters: [PostgresParameter]) async throws {
        _ = try await Self.mappingErrors { try await connection.query(sql, parameters, timeout: timeout) }
    }

    private static func mappingErrors<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw QuollError(error)
        }
    }
}
