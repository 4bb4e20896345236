import PostgresConnection
import TestSupport
import Testing

struct NotificationTests {
    @Test func `notifications of the channels arrive in order, and no others`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let strange = "Odd \"näme\""
        let stream = try await connection.notifications(on: ["notes", strange])
        _ = try await connection.notifications(on: ["elsewhere"])
        for (channel, payload) in [("notes", "1"), ("elsewhere", "2"), (strange, "3"), ("notes", "")] {
            try await other.query("select pg_notify($1, $2)", [.text(channel), .text(payload)])
        }
        var got: [PostgresNotification] = []
        for try await notification in stream.prefix(3) { got.append(notification) }
        #expect(got.map(\.payload) == ["1", "3", ""])
        #expect(got.map(\.channel) == ["notes", strange, "notes"])
    }

    @Test func `the listening connection can be used meanwhile, and hears itself`() async throws {
        let connection = try await connect()
        let stream = try await connection.notifications(on: ["own"])
        try await connection.execute("notify own, 'a'")
        #expect(try await connection.value("select 1") == "1")
        for try await notification in stream.prefix(1) { #expect(notification.payload == "a") }
    }

    @Test func `the stream fails when the connection is lost`() async throws {
        let (connection, other) = (try await connect(), try await connect())
        let stream = try await connection.notifications(on: ["notes"])
        try await other.query("select pg_terminate_backend($1)", [.int(Int64(connection.backendPID))])
        let lost = await error { for try await _ in stream {} }
        #expect(lost?.code == .connection)
        #expect(lost?.sqlState == "57P01")
    }

    @Test func `the stream fails when the connection is closed, and ends with its task`() async throws {
        let connection = try await connect()
        let stream = try await connection.notifications(on: ["notes"])
        let task = Task {
            for try await _ in try await connection.notifications(on: ["others"]) {}
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        _ = await task.result
        await connection.close()
        let closed = await error { for try await _ in stream {} }
        #expect(closed?.code == .closed)
    }
}
