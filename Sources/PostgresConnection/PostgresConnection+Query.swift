extension PostgresConnection {
    /// Runs one statement with the values of `$1`, `$2`, …; returns its rows.
    ///
    /// - Parameter timeout: After that long, counted from the call, the statement is cancelled on the server.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], timeout: Duration? = nil
    ) async throws -> PostgresRows {
        try await gate.pass()
        return try await session.perform(timeout: timeout) { session, request in
            PostgresRows(result: try session.run(PostgresStatement(sql, parameters), request))
        }
    }

    /// Sends several statements in one round trip; returns what came of each.
    ///
    /// They are one implicit transaction outside of another: when one fails, none has an effect, and those after it
    /// are ``PostgresError/Code/skipped``. Throws only when the connection is lost or was closed.
    public func pipeline(
        _ statements: [PostgresStatement], timeout: Duration? = nil
    ) async throws -> [Result<PostgresRows, PostgresError>] {
        guard !statements.isEmpty else { return [] }
        try await gate.pass()
        return try await session.perform(timeout: timeout) { session, request in
            try session.runPipeline(statements, request)
        }
    }

    /// Runs a script of several statements without parameters, by the simple protocol: one implicit transaction unless
    /// it says otherwise.
    public func execute(_ script: String, timeout: Duration? = nil) async throws {
        try await gate.pass()
        try await session.perform(timeout: timeout) { session, request in
            try session.runScript(script, request)
        }
    }

    /// Runs `body` in a transaction, a savepoint within another: committed when it returns, rolled back when it throws
    /// or its task is cancelled. Other tasks' statements wait until it is over; the body must use the connection that
    /// it is given.
    public func withTransaction<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await gate.hold()
        defer { gate.leave() }
        let mark = "quoll_\(depth)"
        try await command(depth == 0 ? "begin" : "savepoint \(mark)", cancellable: true)
        do {
            let value = try await body(nested())
            try Task.checkCancellation()
            try await command(depth == 0 ? "commit" : "release savepoint \(mark)", cancellable: false)
            return value
        } catch {
            await rollBack(depth == 0 ? "rollback" : "rollback to savepoint \(mark)")
            throw error is CancellationError
                ? PostgresError(code: .canceled, message: "the task was cancelled in its transaction") : error
        }
    }

    /// In any case, also for a cancelled task; a connection whose transaction cannot be ended is of no more use.
    private func rollBack(_ sql: String) async {
        do {
            try await command(sql, cancellable: false)
        } catch {
            await close()
        }
    }

    private func command(_ sql: String, cancellable: Bool) async throws {
        try await session.perform(timeout: nil, cancellable: cancellable) { session, request in
            try session.runScript(sql, request)
        }
    }

    /// Listens on channels, as named: the names are quoted here. The stream throws when the connection is lost.
    public func notifications(
        on channels: [String]
    ) async throws -> AsyncThrowingStream<PostgresNotification, any Error> {
        let stream = session.listeners.add(Set(channels))
        let commands = channels.map { "listen \"\($0.replacing("\"", with: "\"\""))\"" }
        try await execute(commands.joined(separator: "; "))
        return stream
    }
}
