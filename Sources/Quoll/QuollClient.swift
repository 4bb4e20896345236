internal import Foundation
public import Logging
public import PostgresConnection

/// The queue functions of schema `queue`, one method each, named and with parameters as there.
///
/// A client is a view of a connection: make one over the connection that ``PostgresConnection/withTransaction(_:)``
/// hands out, and its calls belong to that transaction. An enqueue then happens when the caller's own writes do, and a
/// `complete` together with what the handler wrote.
///
/// Payloads and results are `Codable`, as JSON with ISO 8601 dates. Every method throws ``QuollError``.
public struct QuollClient: Sendable {
    public let connection: PostgresConnection
    /// After how long a call is cancelled; `nil` for never.
    public var timeout: Duration?

    public init(_ connection: PostgresConnection, timeout: Duration? = nil) {
        self.connection = connection
        self.timeout = timeout
    }

    /// Connects, and makes a client.
    public static func connect(
        _ configuration: PostgresConfiguration = .fromEnvironment(), timeout: Duration? = nil, logger: Logger
    ) async throws -> QuollClient {
        do {
            return QuollClient(try await PostgresConnection.connect(configuration, logger: logger), timeout: timeout)
        } catch let error as PostgresError {
            throw QuollError(error)
        }
    }

    /// Runs `body` in a transaction, with a client whose calls belong to it.
    public func withTransaction<Value: Sendable>(
        _ body: @Sendable (QuollClient) async throws -> Value
    ) async throws -> Value {
        do {
            return try await connection.withTransaction { try await body(QuollClient($0, timeout: timeout)) }
        } catch let error as PostgresError {
            throw QuollError(error)
        }
    }

    /// The rows of a statement, each made into a value.
    func rows<Value>(
        _ sql: String, _ parameters: [PostgresParameter] = [], _ value: (PostgresRow) throws -> Value
    ) async throws -> [Value] {
        do {
            return try await connection.query(sql, parameters, timeout: timeout).map(value)
        } catch let error as PostgresError {
            throw QuollError(error)
        }
    }

    /// The first column of a statement's only row.
    func value<Value: PostgresDecodable>(_ sql: String, _ parameters: [PostgresParameter]) async throws -> Value {
        let values = try await rows(sql, parameters) { $0[0].flatMap { Value(postgresText: $0) } }
        guard let first = values.first, let value = first else {
            throw QuollError(code: .server, message: "the server answered no \(Value.self)")
        }
        return value
    }

    /// A statement whose answer does not matter.
    func call(_ sql: String, _ parameters: [PostgresParameter]) async throws {
        _ = try await rows(sql, parameters) { _ in }
    }
}

/// How payloads, results and headers become JSON, and back.
enum JSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw QuollError(code: .badPayload, message: "\(type(of: value)) cannot be written as JSON")
        }
    }

    static func value<Value: Decodable>(_ text: String, as type: Value.Type) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            // The error quotes the document, which may be anybody's secret: it is not passed on.
            throw QuollError(code: .badPayload, message: "the JSON is no \(type)")
        }
    }
}
