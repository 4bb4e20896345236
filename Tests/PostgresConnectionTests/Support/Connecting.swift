import Logging
import PostgresConnection
import TestSupport
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A connection to a database of the shared cluster.
func connect(preparing: Bool = true) async throws -> PostgresConnection {
    try await connect(to: TestCluster.shared().url(), preparing: preparing)
}

func connect(to url: String, preparing: Bool = true) async throws -> PostgresConnection {
    var configuration = PostgresConfiguration(url: url)
    configuration.preparedStatements = preparing
    return try await PostgresConnection.connect(configuration, logger: quiet)
}

/// The error that `body` throws; records an issue when it throws none, or another kind.
func error(
    _ location: SourceLocation = #_sourceLocation, of body: () async throws -> Void
) async -> PostgresError? {
    await #expect(throws: PostgresError.self, sourceLocation: location) { try await body() }
}

extension PostgresConnection {
    /// The only value of a query's only row.
    func value(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> String? {
        try #require(await query(sql, parameters).first)[0]
    }

    /// Whether the server process `process` runs a statement whose text begins with `start`.
    func sees(_ process: Int32, running start: String) async throws -> Bool {
        let active =
            "select count(*) from pg_stat_activity where pid = $1 and state = 'active' and starts_with(query, $2)"
        return try await value(active, [.int(Int64(process)), .text(start)]) == "1"
    }
}

/// Waits until the server process of `connection` runs a statement whose text begins with `start`.
func waitUntil(_ connection: PostgresConnection, runs start: String, seenFrom other: PostgresConnection) async throws {
    #expect(try await eventually { try await other.sees(connection.backendPID, running: start) })
}
