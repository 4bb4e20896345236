import PostgresConnection
import TestSupport
import Testing

struct TransactionTests {
    private struct Refusal: Error {}

    private func connectWithTable() async throws -> PostgresConnection {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int unique deferrable initially deferred)")
        return connection
    }

    private func count(_ connection: PostgresConnection) async throws -> String? {
        try await connection.value("select count(*) from t")
    }

    @Test func `what a transaction did stays when its body returns`() async throws {
        let connection = try await connectWithTable()
        let answer = try await connection.withTransaction { connection in
            try await connection.query("insert into t values (1)")
            return "done"
        }
        #expect(answer == "done")
        #expect(try await count(connection) == "1")
    }

    @Test func `a thrown error rolls back and is passed on`() async throws {
        let connection = try await connectWithTable()
        await #expect(throws: Refusal.self) {
            try await connection.withTransaction { connection in
                try await connection.query("insert into t values (1)")
                throw Refusal()
            }
        }
        #expect(try await count(connection) == "0")
    }

    @Test func `a cancelled task rolls back, also when its body does not notice`() async throws {
        let connection = try await connectWithTable()
        for statement in ["select pg_sleep(60)", "select 1"] {
            let task = Task {
                try await connection.withTransaction { connection in
                    try await connection.query("insert into t values (1)")
                    try? await Task.sleep(for: .milliseconds(200))
                    _ = try? await connection.query(statement)
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            let cancelled = await error { try await task.value }
            #expect(cancelled?.code == .canceled)
            #expect(try await count(connection) == "0")
        }
    }

    @Test func `a body that hides a statement's error does not commit`() async throws {
        let connection = try await connectWithTable()
        let undone = await error {
            try await connection.withTransaction { connection in
                try await connection.query("insert into t values (1)")
                _ = try? await connection.query("select 1/0")
            }
        }
        #expect(undone?.sqlState == "25P02")
        #expect(try await count(connection) == "0")
    }

    @Test func `a commit that the server refuses is an error, and the connection goes on`() async throws {
        let connection = try await connectWithTable()
        let refused = await error {
            try await connection.withTransaction { try await $0.execute("insert into t values (1), (1)") }
        }
        #expect(refused?.sqlState == "23505")
        #expect(try await count(connection) == "0")
    }

    @Test func `a transaction within a transaction is undone alone`() async throws {
        let connection = try await connectWithTable()
        try await connection.withTransaction { outer in
            try await outer.query("insert into t values (1)")
            await #expect(throws: Refusal.self) {
                try await outer.withTransaction { inner in
                    try await inner.query("insert into t values (2)")
                    _ = try? await inner.query("select 1/0")
                    throw Refusal()
                }
            }
            let hidden = await error {
                try await outer.withTransaction { inner in _ = try? await inner.query("select 1/0") }
            }
            #expect(hidden?.sqlState == "25P02")
            try await outer.withTransaction { try await $0.execute("insert into t values (3)") }
        }
        #expect(try await connection.value("select string_agg(a::text, ',' order by a) from t") == "1,3")
    }

    @Test func `other tasks' statements stay out of a transaction`() async throws {
        let connection = try await connectWithTable()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try? await connection.withTransaction { connection in
                        try await connection.query("insert into t values ($1)", [.int(Int64(number))])
                        try? await Task.sleep(for: .milliseconds(1))
                        throw Refusal()
                    }
                }
                group.addTask { try await connection.query("insert into t values ($1)", [.int(Int64(1000 + number))]) }
            }
            try await group.waitForAll()
        }
        #expect(try await connection.value("select string_agg(a::text, ',' order by a) from t where a < 1000") == nil)
        #expect(try await count(connection) == "20")
    }

    @Test func `a transaction's connection is of no use after it`() async throws {
        let connection = try await connectWithTable()
        let leaked = try await connection.withTransaction { $0 }
        let late = await error { try await leaked.query("insert into t values (1)") }
        #expect(late?.code == .closed)
        #expect(try await count(connection) == "0")
    }

    @Test func `a connection that is lost in a transaction stays lost`() async throws {
        let (connection, other) = (try await connectWithTable(), try await connect())
        let lost = await error {
            try await connection.withTransaction { inner in
                try await other.query("select pg_terminate_backend($1)", [.int(Int64(inner.backendPID))])
                #expect(try await eventually { !inner.isOpen })
                try await inner.query("insert into t values (1)")
            }
        }
        #expect(lost?.code == .closed)
        #expect(lost?.sqlState == "57P01")
        #expect(!connection.isOpen)
    }
}
