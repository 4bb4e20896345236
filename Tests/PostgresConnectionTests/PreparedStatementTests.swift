import PostgresConnection
import TestSupport
import Testing

struct PreparedStatementTests {
    private let known = "select count(*) from pg_prepared_statements"

    @Test func `a statement is prepared once for a connection, and not at all when that is not wanted`() async throws {
        let connection = try await connect()
        for number in 1...5 {
            #expect(try await connection.value("select $1::int", [.int(Int64(number))]) == "\(number)")
        }
        _ = try await connection.pipeline([.init("select $1::int", [1]), .init("select $1::int", [2])])
        #expect(try await connection.value(known) == "2")
        let plain = try await connect(preparing: false)
        _ = try await plain.pipeline([.init("select $1::int", [1]), .init("select $1::int", [2])])
        #expect(try await plain.value(known) == "0")
    }

    @Test func `a statement whose table has changed, or that was deallocated, is said anew`() async throws {
        let connection = try await connect()
        for change in [
            "alter table t add column b int", "alter table t drop column b", "deallocate all", "discard plans",
        ] {
            try await connection.execute("create temp table if not exists t (a int)")
            _ = try await connection.query("select * from t")
            _ = try await connection.pipeline([.init("select * from t"), .init("select 1")])
            try await connection.execute(change)
            if change == "alter table t drop column b" {
                let answers = try await connection.pipeline([.init("select * from t"), .init("select 1")])
                #expect(try answers.map { try $0.get().columns.count } == [1, 1])
            } else {
                #expect(try await connection.query("select * from t").columns.first == "a")
            }
        }
    }

    @Test func `in a transaction, a stale statement fails once and is forgotten`() async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int)")
        try await connection.query("select * from t")
        try await connection.execute("alter table t add column b int")
        let stale = await error {
            _ = try await connection.withTransaction { try await $0.query("select * from t") }
        }
        #expect(stale?.sqlState == "0A000")
        let columns = try await connection.withTransaction { try await $0.query("select * from t").columns }
        #expect(columns == ["a", "b"])
    }

    @Test func `many different statements do not fill the server's memory`() async throws {
        let connection = try await connect()
        for number in 0..<250 { try await connection.query("select \(number)") }
        #expect(try await connection.query("select name from pg_prepared_statements").count <= 200)
    }

    @Test func `behind PgBouncer in transaction mode nothing is prepared, and everything works`() async throws {
        let cluster = try await TestCluster.shared()
        let database = try await cluster.makeDatabase(installed: false)
        let bouncer = try await PgBouncer(before: database)
        let direct = try await connect(to: database)
        try await direct.execute("create table t (a int)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<6 {
                group.addTask {
                    let connection = try await connect(to: bouncer.url)
                    for number in 0..<20 {
                        let value = Int64(client * 100 + number)
                        let answers = try await connection.pipeline([
                            .init("insert into t values ($1)", [.int(value)]), .init("select $1::int", [.int(value)]),
                        ])
                        #expect(try answers[1].get().first?[0] == "\(value)")
                        _ = try await connection.withTransaction {
                            try await $0.query("insert into t values ($1)", [.int(-value)])
                        }
                    }
                    let late = await error {
                        try await connection.query("select pg_sleep(60)", timeout: .milliseconds(100))
                    }
                    #expect(late?.code == .timeout)
                    let left = try await connection.value("select count(*) from pg_prepared_statements")
                    #expect(left == "0")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await direct.value("select count(*) from t") == "240")
    }
}
