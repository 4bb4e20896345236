import Logging
import PostgresConnection
import Quoll
import QuollWorker
import ServiceLifecycle
import UnixSignals

private struct Welcome: Codable {
    var to: String
}

private struct Receipt: Encodable {
    var sent: Bool
}

private func send(_ welcome: Welcome) async throws {}

/// The README's example of a producer, word for word.
private func register(logger: Logger) async throws {
    let client = try await QuollClient.connect(.fromEnvironment(), logger: logger)
    try await client.withTransaction { client in
        _ = try await client.connection.query("insert into customer (email) values ($1)", ["ada@example.org"])
        try await client.enqueue(queue: "mail", kind: "welcome", payload: Welcome(to: "ada@example.org"))
    }
}

/// The README's example of a worker, word for word, so that it is known to compile.
private func work(logger: Logger) async throws {
    let worker = try QuollWorker(
        configuration: .init(postgres: .fromEnvironment(), queues: ["mail"]),
        handlers: [
            JobHandler("welcome", payload: Welcome.self) { welcome, job in
                try await send(welcome)
                return Receipt(sent: true)
            }
        ],
        logger: logger)
    try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
}
