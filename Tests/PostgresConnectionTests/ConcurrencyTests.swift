import Foundation
import PostgresConnection
import Testing

struct ConcurrencyTests {
    @Test func `more statements than there are threads sleep together`() async throws {
        let count = 8 * ProcessInfo.processInfo.activeProcessorCount
        var connections: [PostgresConnection] = []
        for _ in 0..<count { connections.append(try await connect()) }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections {
                group.addTask { try await connection.query("select pg_sleep(10)") }
            }
            try await group.waitForAll()
        }
        // One thread after the other would take 80 s, however many there are.
        #expect(ContinuousClock.now - start < .seconds(70))
    }

    @Test(arguments: [false, true])
    func `calls of many tasks on one connection run one after the other`(onItsThread: Bool) async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (n int); insert into t values (0)")
        let executor = onItsThread ? connection.executor : nil
        let seen = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<200 {
                group.addTask(executorPreference: executor) {
                    try await connection.value("update t set n = n + 1 returning n")
                }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(seen == Set((1...200).map { String($0) }))
    }

    @Test func `eight connections at once`() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let connection = try await connect()
                    return try await withTaskExecutorPreference(connection.executor) {
                        for _ in 0..<100 {
                            let text = try await connection.value("select $1::int", [.int(Int64(number))])
                            #expect(text == String(number))
                        }
                        return number
                    }
                }
            }
            let sum = try await group.reduce(0, +)
            #expect(sum == 28)
        }
    }

    @Test func `a task whose executor's connection was closed goes on`() async throws {
        let connection = try await connect()
        try await withTaskExecutorPreference(connection.executor) {
            await connection.close()
            try await Task.sleep(for: .milliseconds(20))
            let late = await error { try await connection.query("select 1") }
            #expect(late?.code == .closed)
        }
    }

    @Test func `a connection that nobody refers to is closed`() async throws {
        let other = try await connect()
        var connection: PostgresConnection? = try await connect()
        let process = Int64(try #require(connection?.backendPID))
        connection = nil
        for _ in 0..<500 {
            let left = try await other.value("select count(*) from pg_stat_activity where pid = $1", [.int(process)])
            if left == "0" { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the server process is still there")
    }
}
