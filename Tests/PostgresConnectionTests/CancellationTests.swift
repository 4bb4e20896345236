import PostgresConnection
import TestSupport
import Testing

struct CancellationTests {
    @Test func `a cancelled task cancels its statement on the server, and the connection goes on`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let task = Task { try await connection.query("select pg_sleep(60)") }
        try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
        task.cancel()
        let cancelled = await error { _ = try await task.value }
        #expect(cancelled?.code == .canceled)
        #expect(cancelled?.sqlState == "57014")
        #expect(try await other.sees(connection.backendPID, running: "select pg_sleep") == false)
        #expect(try await connection.value("select 'on'") == "on")
    }

    @Test func `a statement is cancelled on the server when its time is up`() async throws {
        let connection = try await connect()
        let late = await error { try await connection.query("select pg_sleep(60)", timeout: .milliseconds(100)) }
        #expect(late?.code == .timeout)
        #expect(late?.sqlState == "57014")
        let script = await error { try await connection.execute("select pg_sleep(60)", timeout: .milliseconds(100)) }
        #expect(script?.code == .timeout)
        #expect(try await connection.value("select 'on'") == "on")
    }

    @Test func `a statement that is cancelled by somebody else is the server's error`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let task = Task { try await connection.query("select pg_sleep(60)", timeout: .seconds(60)) }
        try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
        try await other.query("select pg_cancel_backend($1)", [.int(Int64(connection.backendPID))])
        let cancelled = await error { _ = try await task.value }
        #expect(cancelled?.code == .server)
        #expect(cancelled?.sqlState == "57014")
    }

    @Test func `a late cancellation never meets the next statement`() async throws {
        let connection = try await connect()
        var met = 0
        for round in 0..<300 {
            // The cancellation starts about when the statement ends.
            do {
                try await connection.query("select pg_sleep(0.003)", timeout: .microseconds(2_000 + round * 7))
            } catch let error as PostgresError {
                try #require(error.code == .timeout)
                met += 1
            }
            try await connection.query("select pg_sleep(0.002)")
        }
        #expect(met > 0)
    }

    @Test func `who waits for the connection can be cancelled, and his time runs out`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let busy = Task { try await connection.query("select pg_sleep(60)") }
        try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
        let late = await error { try await connection.query("select 1", timeout: .milliseconds(50)) }
        #expect(late?.code == .timeout)
        let waiting = Task { try await connection.query("select 2") }
        waiting.cancel()
        let cancelled = await error { _ = try await waiting.value }
        #expect(cancelled?.code == .canceled)
        #expect(try await other.sees(connection.backendPID, running: "select pg_sleep"))
        busy.cancel()
        _ = await busy.result
        #expect(try await connection.value("select 'on'") == "on")
    }

    @Test func `a task that was cancelled before sends nothing`() async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int)")
        let task = Task {
            try? await Task.sleep(for: .seconds(60))
            try await connection.query("insert into t values (1)")
        }
        task.cancel()
        let cancelled = await error { try await task.value }
        #expect(cancelled?.code == .canceled)
        #expect(try await connection.value("select count(*) from t") == "0")
    }
}
