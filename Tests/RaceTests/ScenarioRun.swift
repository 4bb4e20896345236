import Foundation
import Logging
import PostgresConnection
import TestSupport

/// What went otherwise than a scenario says.
struct ScenarioFailure: Error, CustomStringConvertible {
    let description: String
}

/// One run of a scenario in a database of its own, with a connection for each session.
final class ScenarioRun {
    private let scenario: Scenario
    private let url: String
    private let patience: Duration
    private let control: PostgresConnection
    private var sessions: [String: PostgresConnection] = [:]
    private var pending: [String: Task<PostgresRows, any Error>] = [:]
    private var values: [String: String] = [:]
    private var ears: [String: Ear] = [:]

    private init(_ scenario: Scenario, url: String, patience: Duration) async throws {
        (self.scenario, self.url, self.patience) = (scenario, url, patience)
        control = try await Self.connect(url)
    }

    /// Runs a scenario, with the engine changed when asked.
    ///
    /// - Parameter patience: How long a step may take, and an `until` may try.
    /// - Throws: ``ScenarioFailure`` naming the line; ``MutationError`` when the mutation changes nothing.
    static func run(
        _ scenario: Scenario, mutation: Scenario.Mutation? = nil, patience: Duration = .seconds(120)
    ) async throws {
        let url = try await TestCluster.shared().makeDatabase(installed: true)
        let run = try await ScenarioRun(scenario, url: url, patience: patience)
        let result: Result<Void, any Error>
        do {
            if let mutation { try await mutation.apply(to: run.control) }
            for step in scenario.steps { try await run.perform(step) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await run.close()
        try result.get()
    }

    static func connect(_ url: String) async throws -> PostgresConnection {
        let silent = Logger(label: "races") { _ in SwiftLogNoOpLogHandler() }
        return try await PostgresConnection.connect(PostgresConfiguration(url: url), logger: silent)
    }

    private func close() async {
        for task in pending.values { task.cancel() }
        for ear in ears.values { await ear.close() }
        for session in sessions.values { await session.close() }
        await control.close()
    }

    private func failure(_ step: Scenario.Step, _ what: String) -> ScenarioFailure {
        ScenarioFailure(description: "\(scenario.name).race:\(step.line): \(step.session): \(what)")
    }

    private func perform(_ step: Scenario.Step) async throws {
        switch step.action {
        case .run(let sql):
            try await run(fill(sql), step)
        case .retry(let sql):
            try await retry(fill(sql), step)
        case .join:
            guard let task = pending.removeValue(forKey: step.session) else {
                throw failure(step, "nothing is blocked")
            }
            try check(await task.result, step)
        case .listen(let queue):
            ears[step.session] = try await Ear(url: url, queue: queue)
        case .hear(let payload):
            guard let ear = ears[step.session] else { throw failure(step, "does not listen") }
            let heard = try await ear.heard(atLeast: payload == nil ? 0 : 1)
            guard heard == (payload.map { [$0] } ?? []) else { throw failure(step, "heard \(heard)") }
        case .pause(let seconds):
            try await Task.sleep(for: .seconds(seconds))
        }
    }

    private func session(_ name: String) async throws -> PostgresConnection {
        if let session = sessions[name] { return session }
        let session = try await Self.connect(url)
        sessions[name] = session
        values["pid_\(name)"] = String(session.backendPID)
        return session
    }

    private func run(_ sql: String, _ step: Scenario.Step) async throws {
        let session = try await session(step.session)
        let task = Task { [patience] in try await session.query(sql, timeout: patience) }
        guard step.blocks else { return try check(await task.result, step) }
        pending[step.session] = task
        guard try await eventually(within: patience, { try await self.isBlocked(session) }) else {
            throw failure(step, "did not block")
        }
    }

    private func isBlocked(_ session: PostgresConnection) async throws -> Bool {
        try await control.query("select 1 where cardinality(pg_blocking_pids(\(session.backendPID))) > 0").count == 1
    }

    private func retry(_ sql: String, _ step: Scenario.Step) async throws {
        let session = try await session(step.session)
        var last: [String] = []
        let isSo = try await eventually(within: patience) {
            do {
                last = Self.texts(of: try await session.query(sql, timeout: patience))
            } catch let error as PostgresError {
                throw failure(step, "failed: \(error.sqlState ?? "\(error.code)") \(error.message)")
            }
            return last == step.rows?.map(self.fill)
        }
        guard isSo else { throw failure(step, "never as expected, last \(last)") }
    }

    private func check(_ result: Result<PostgresRows, any Error>, _ step: Scenario.Step) throws {
        switch result {
        case .failure(let error as PostgresError):
            guard let wanted = step.sqlState, wanted == error.sqlState || wanted == "\(error.code)" else {
                throw failure(step, "failed: \(error.sqlState ?? "\(error.code)") \(error.message)")
            }
        case .failure(let error):
            throw error
        case .success(let rows):
            if let wanted = step.sqlState { throw failure(step, "did not fail with \(wanted)") }
            let found = Self.texts(of: rows)
            if let wanted = step.rows?.map(fill), wanted != found {
                throw failure(step, "gave \(found), not \(wanted)")
            }
            guard !step.names.isEmpty else { return }
            guard let first = rows.first else { throw failure(step, "gave no row") }
            for (column, name) in step.names.enumerated() { values[name] = first[column] ?? "null" }
        }
    }

    private func fill(_ text: String) -> String {
        values.reduce(text) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) }
    }

    private static func texts(of rows: PostgresRows) -> [String] {
        rows.map { row in (0..<rows.columns.count).map { row[$0] ?? "null" }.joined(separator: " | ") }
    }
}
