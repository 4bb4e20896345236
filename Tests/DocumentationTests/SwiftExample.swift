import Logging
import PostgresConnection
import QuollWorker
import ServiceLifecycle
import UnixSignals

private struct Welcome: Decodable {
    var to: String
}

private struct Receipt: Encodable {
    var sent: Bool
}

private func send(_ welcome: Welcome) async throws {}

/// The README's example, word for word, so that it is known to compile.
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
