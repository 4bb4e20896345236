import Foundation
import Logging
import PostgresConnection
import QuollWorker
import TestSupport
import Testing

/// The example worker in Python, beside a Swift worker.
struct PythonWorkerTests {
    private struct Number: Decodable { var n: Int }
    private struct Square: Encodable { var square: Int }

    @Test func `Workers in Swift and Python share a queue and do each job once`() async throws {
        let database = try await Database.make()
        try await database.sql("select queue.create_queue('q')")
        let example = Command.tree.appending(path: "Examples/worker.py").path
        let python = try RunningProgram(
            "/usr/bin/python3", [example, "q"], environment: ["DATABASE_URL": database.url])

        var configuration = QuollWorker.Configuration(
            postgres: PostgresConfiguration(url: database.url), queues: ["q"], name: "swift")
        configuration.concurrency = 1
        let swift = try QuollWorker(
            configuration: configuration,
            handlers: [
                JobHandler("square", payload: Number.self) { number, _ in
                    try await Task.sleep(for: .milliseconds(20))
                    return Square(square: number.n * number.n)
                }
            ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await swift.run() }

        try await database.sql(
            "select queue.enqueue_batch('q', 'square', array_agg(jsonb_build_object('n', n))) from generate_series(1, 300) n"
        )
        #expect(try await eventually { try await database.states() == "succeeded 300" })
        running.cancel()
        try await running.value
        #expect(try await python.terminate() == 0, "\(python.errors)")

        #expect(
            try await database.sql(
                "select count(*) from queue.job where (result ->> 'square')::int = (payload ->> 'n')::int ^ 2")
                == "300")
        #expect(try await database.sql("select count(*), count(distinct job_id) from queue.attempt") == "300|300")
        #expect(try await database.sql("select count(distinct split_part(worker, ' ', 1)) from queue.attempt") == "2")
    }
}
