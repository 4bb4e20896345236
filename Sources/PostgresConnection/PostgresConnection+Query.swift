extension PostgresConnection {
    /// Runs one statement with the values of `$1`, `$2`, …; returns its rows.
    ///
    /// - Parameter timeout: After that long, counted from the call, the statement is cancelled on the server.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [PostgresParameter] = [], timeout: Duration? = nil
    ) async throws -> PostgresRows {
        try await session.perform(scope: scope, timeout: timeout) { session, request in
            PostgresRows(result: try session.run(PostgresStatement(sql, parameters), request))
        }
    }

    /// Sends several statements in one round trip; returns what came of each.
    ///
    /// They are one implicit transaction outside of another: when one fails, none has an effect, and those after it
    /// are ``PostgresError/Code/skipped``. Throws only when nothing was sent, or the connection is lost.
    public func pipeline(
        _ statements: [PostgresStatement], timeout: Duration? = nil
    ) async throws -> [Result<PostgresRows, PostgresError>] {
        guard !statements.isEmpty else { return [] }
        return try await session.perform(scope: scope, timeout: timeout) { session, request in
            try session.run(pipeline: statements, request)
        }
    }

    /// Runs a script of several statements without parameters, by the simple protocol: one implicit transaction unless
    /// it says otherwise.
    public func execute(_ script: String, timeout: Duration? = nil) async throws {
        try await session.perform(scope: scope, timeout: timeout) { session, request in
            _ = try session.runScript(script, request)
        }
    }

    /// Runs `body` in a transaction, a savepoint within another: committed when it returns, rolled back when it throws
    /// or its task is cancelled. Other tasks' statements wait until it is over; the body must use the connection that
    /// it is given, which is of no use afterwards.
    public func withTransaction<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let inner = session.newScope()
        try await session.perform(scope: scope, timeout: nil) { try $0.begin(inner, $1) }
        do {
            let value = try await body(PostgresConnection(self, scope: inner))
            if Task.isCancelled {
                throw PostgresError(code: .canceled, message: "the task was cancelled in its transaction")
            }
            try await session.perform(scope: inner, timeout: nil, cancellable: false) { try $0.commit($1) }
            return value
        } catch {
            try? await session.perform(scope: inner, timeout: nil, cancellable: false) { $0.rollBack($1) }
            throw error
        }
    }

    /// Listens on channels, as named: the names are quoted here. The stream throws when the connection is lost, and
    /// when it is closed. A reader that falls far behind loses the oldest notifications.
    public func notifications(
        on channels: [String]
    ) async throws -> AsyncThrowingStream<PostgresNotification, any Error> {
        let (stream, key) = session.listeners.add(Set(channels))
        let commands = channels.map { "listen \"\($0.replacing("\"", with: "\"\""))\"" }
        do {
            try await execute(commands.joined(separator: "; "))
        } catch {
            session.listeners.remove(key)
            throw error
        }
        return stream
    }
}
