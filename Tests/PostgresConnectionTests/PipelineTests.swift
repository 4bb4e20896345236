import PostgresConnection
import Testing

struct PipelineTests {
    private func state(_ answer: Result<PostgresRows, PostgresError>) -> String {
        switch answer {
        case .success(let rows): rows.first?[0] ?? rows.commandTag
        case .failure(let error): error.sqlState ?? error.code.description
        }
    }

    @Test(arguments: [true, false]) func `statements are answered in order`(preparing: Bool) async throws {
        let connection = try await connect(preparing: preparing)
        for _ in 1...2 {
            let answers = try await connection.pipeline((0..<250).map { .init("select $1::int + 1", [.int($0)]) })
            #expect(answers.map(state) == (1...250).map(String.init))
        }
        #expect(try await connection.pipeline([]).isEmpty)
    }

    @Test(arguments: [true, false])
    func `an error in the middle undoes what came before and skips what comes after`(preparing: Bool) async throws {
        let connection = try await connect(preparing: preparing)
        try await connection.execute("create temp table t (a int)")
        let statements: [PostgresStatement] = [
            .init("insert into t values ($1)", [1]), .init("select 1 / $1::int", [0]),
            .init("insert into t values ($1)", [2]),
            .init("select 7"),
        ]
        #expect(try await connection.pipeline(statements).map(state) == ["INSERT 0 1", "22012", "skipped", "skipped"])
        #expect(try await connection.value("select count(*) from t") == "0")
        let unparsable: [PostgresStatement] = [.init("select 5"), .init("selec"), .init("select 6")]
        #expect(try await connection.pipeline(unparsable).map(state) == ["5", "42601", "skipped"])
        #expect(try await connection.pipeline(unparsable.dropLast(2)).map(state) == ["5"])
    }

    @Test func `more than fits into the socket's buffers goes through`() async throws {
        let connection = try await connect()
        let big = String(repeating: "x", count: 1_000_000)
        let answers = try await connection.pipeline((0..<20).map { _ in .init("select $1::text", [.text(big)]) })
        #expect(try answers.allSatisfy { try $0.get().first?[0]?.utf8.count == big.utf8.count })
    }

    @Test func `a pipeline in a transaction belongs to it`() async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int)")
        try await connection.withTransaction { connection in
            _ = try await connection.pipeline([.init("insert into t values (1)"), .init("insert into t values (2)")])
        }
        #expect(try await connection.value("select count(*) from t") == "2")
    }

    @Test func `a timeout stops the whole pipeline`() async throws {
        let connection = try await connect()
        let answers = try await connection.pipeline(
            [.init("select 1"), .init("select pg_sleep(60)"), .init("select 2")], timeout: .milliseconds(200))
        #expect(answers.map(state) == ["1", "57014", "skipped"])
        if case .failure(let error) = answers[1] { #expect(error.code == .timeout) }
        #expect(try await connection.value("select 3") == "3")
    }
}
