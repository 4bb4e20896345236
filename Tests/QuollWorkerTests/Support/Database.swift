import Logging
import PostgresConnection
import TestSupport

/// A database with the schema, and what tests ask of it.
struct Database: Sendable {
    var url: String

    /// A new one on the cluster that the tests share.
    static func make() async throws -> Database {
        Database(url: try await TestCluster.shared().makeDatabase(installed: true))
    }

    /// Runs one statement; the columns of a row are separated by `|`, rows by newlines.
    @discardableResult
    func sql(_ statement: String) async throws -> String {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: logger)
        let answer: Result<PostgresRows, any Error>
        do {
            answer = .success(try await connection.query(statement, timeout: .seconds(60)))
        } catch {
            answer = .failure(error)
        }
        await connection.close()
        let rows = try answer.get()
        return rows.map { row in rows.columns.indices.map { row[$0] ?? "" }.joined(separator: "|") }
            .joined(separator: "\n")
    }

    /// Enqueues one job.
    /// - Returns: its id.
    @discardableResult
    func enqueue(_ kind: String, _ payload: String = "{}", options: String = "") async throws -> String {
        try await sql("select queue.enqueue('q', '\(kind)', '\(payload)'\(options.isEmpty ? "" : ", " + options))")
    }

    /// Enqueues many jobs of one kind.
    func enqueue(_ count: Int, _ kind: String, _ payload: String = "{}") async throws {
        try await sql("select queue.enqueue_batch('q', '\(kind)', array_fill('\(payload)'::jsonb, array[\(count)]))")
    }

    /// The states of all jobs, each with its count.
    func states() async throws -> String {
        try await sql(
            """
            select string_agg(state || ' ' || n, ', ' order by state)
            from (select state, count(*) as n from queue.job group by state) as s
            """)
    }

    func attempts(_ columns: String = "attempt, outcome, error_code, error_message") async throws -> String {
        try await sql("select \(columns) from queue.attempt order by job_id, finished_at")
    }

    /// Starts `qworker` on queue `q`.
    func qworker(
        _ handlers: String..., options: [String] = [], environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try .qworker(
            ["--database-url", url, "--queue", "q"] + handlers.flatMap { ["--handler", $0] } + options,
            environment: environment)
    }

    /// Runs `qworker --drain` to its end.
    @discardableResult
    func drain(_ handlers: [String], options: [String] = []) async throws -> Command {
        let worker = try await Command.run(
            Command.program("qworker"),
            ["--database-url", url, "--queue", "q", "--drain"] + handlers.flatMap { ["--handler", $0] } + options)
        guard worker.status == 0 else { throw DrainError(description: "status \(worker.status): \(worker.errors)") }
        return worker
    }
}

/// `qworker --drain` did not end well.
struct DrainError: Error, CustomStringConvertible {
    var description: String
}
