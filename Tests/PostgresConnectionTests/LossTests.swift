import Foundation
import PostgresConnection
import TestSupport
import Testing

struct LossTests {
    @Test func `a terminated backend's last words are not lost, in a statement and in a pipeline`() async throws {
        let other = try await connect()
        for inPipeline in [false, true] {
            let connection = try await connect()
            let task = Task {
                if inPipeline {
                    _ = try await connection.pipeline([.init("select pg_sleep(60)"), .init("select 1")])
                } else {
                    try await connection.query("select pg_sleep(60)")
                }
            }
            try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
            try await other.query("select pg_terminate_backend($1)", [.int(Int64(connection.backendPID))])
            let lost = await error { try await task.value }
            #expect(lost?.code == .connection)
            #expect(lost?.sqlState == "57P01")
            #expect(!connection.isOpen)
            let late = await error { try await connection.query("select 1") }
            #expect(late?.code == .closed)
        }
    }

    @Test func `an idle connection notices that it was terminated`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        try await other.query("select pg_terminate_backend($1)", [.int(Int64(connection.backendPID))])
        #expect(try await eventually { !connection.isOpen })
        let late = await error { try await connection.query("select 1") }
        #expect(late?.code == .closed)
        #expect(late?.sqlState == "57P01")
    }

    @Test func `a backend killed in mid-statement is a lost connection, not a wait`() async throws {
        let cluster = try await PrivateCluster()
        let (connection, other) = (try await connect(to: cluster.url), try await connect(to: cluster.url))
        let task = Task { try await connection.query("select pg_sleep(60)") }
        try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
        #expect(kill(connection.backendPID, SIGKILL) == 0)
        let lost = await error { _ = try await task.value }
        #expect(lost?.code == .connection)
        #expect(!connection.isOpen)
        #expect(try await eventually { !other.isOpen })
    }

    @Test func `what waits behind a lost statement fails too`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let first = Task { try await connection.query("select pg_sleep(60)") }
        try await waitUntil(connection, runs: "select pg_sleep", seenFrom: other)
        let second = Task { try await connection.query("select 1") }
        try await other.query("select pg_terminate_backend($1)", [.int(Int64(connection.backendPID))])
        let lost = await error { _ = try await first.value }
        let behind = await error { _ = try await second.value }
        #expect(lost?.code == .connection)
        #expect(behind?.code == .closed)
    }
}
