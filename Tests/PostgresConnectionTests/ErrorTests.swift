import PostgresConnection
import Testing

struct ErrorTests {
    @Test func `an error has the server's SQLSTATE, message, detail and hint, each of one line`() async throws {
        let connection = try await connect()
        let raised = await error {
            try await connection.execute(
                "do $$ begin raise exception E'first\\nsecond' using errcode = 'JQ001', detail = 'd', hint = 'h'; end $$"
            )
        }
        #expect(raised?.code == .server)
        #expect(raised?.sqlState == "JQ001")
        #expect(raised?.message == "first; second")
        #expect(raised?.detail == "d")
        #expect(raised?.hint == "h")
        #expect(try await connection.value("select 1") == "1")
    }

    @Test func `a statement that cannot be parsed leaves the connection usable`() async throws {
        let connection = try await connect()
        for _ in 1...3 {
            let wrong = await error { try await connection.query("selec $1", [1]) }
            #expect(wrong?.sqlState == "42601")
        }
        let missing = await error { try await connection.query("select $1::int") }
        #expect(missing?.sqlState == "08P01")
        #expect(try await connection.value("select $1::int", [1]) == "1")
    }

    @Test func `a script stops at its first error and has no effect`() async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int)")
        let failed = await error {
            try await connection.execute("insert into t values (1); select 1/0; insert into t values (2)")
        }
        #expect(failed?.sqlState == "22012")
        #expect(try await connection.value("select count(*) from t") == "0")
    }

    @Test func `COPY is refused by closing the connection, not by hanging`() async throws {
        let connection = try await connect()
        let refused = await error { try await connection.execute("copy (select 1) to stdout") }
        #expect(refused?.code == .protocolViolation)
        #expect(!connection.isOpen)
    }

    @Test func `more arguments than the protocol has are refused`() async throws {
        let many = [PostgresParameter](repeating: 1, count: 65_536)
        let connection = try await connect()
        let refused = await error { try await connection.query("select 1", many) }
        #expect(refused?.code == .invalidValue)
    }
}
