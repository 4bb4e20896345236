import PostgresConnection

/// A session that listens on a queue's channel and remembers what it hears.
actor Ear {
    private static let mark = "end of what was heard"

    private let connection: PostgresConnection
    private let channel: String
    private var payloads: [String] = []
    private var reader: Task<Void, any Error>?

    init(url: String, queue: String) async throws {
        connection = try await ScenarioRun.connect(url)
        channel = try await connection.query("select queue.channel($1)", [.text(queue)])[0].decode("channel")
        let stream = try await connection.notifications(on: [channel])
        reader = Task {
            for try await notification in stream { self.add(notification.payload) }
        }
    }

    private func add(_ payload: String) { payloads.append(payload) }

    /// What was notified until now, and is now forgotten. Notifications come in the order of the commits, so that one
    /// of this actor's own tells when those before it have come.
    ///
    /// - Parameter count: How many to wait for.
    func heard(atLeast count: Int) async throws -> [String] {
        for _ in 0..<500 where payloads.count < count { try await Task.sleep(for: .milliseconds(20)) }
        try await connection.query("select pg_notify($1, $2)", [.text(channel), .text(Self.mark)])
        for _ in 0..<1500 where !payloads.contains(Self.mark) { try await Task.sleep(for: .milliseconds(20)) }
        guard payloads.contains(Self.mark) else { return ["a connection that is deaf"] }
        defer { payloads = [] }
        return payloads.filter { $0 != Self.mark }
    }

    func close() async {
        reader?.cancel()
        await connection.close()
    }
}
