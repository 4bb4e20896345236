import Foundation
import TestSupport
import Testing

/// Options, their sources and their errors.
struct QWorkerOptionTests {
    private static let noop = ["--queue", "q", "--handler", "k=builtin:noop"]

    @Test(arguments: [
        ([], "no queue given"),
        (["--queue", "q"], "no handler given"),
        (["--queue", "q", "--handler", "k"], "not of the form KIND=ACTION"),
        (["--queue", "q", "--handler", "k=what:x"], "none of exec:COMMAND"),
        (noop + ["--handler", "k=exec:true"], "two handlers"),
        (noop + ["--concurrency", "0"], "at least 1"),
        (noop + ["--concurrency", "many"], "'many' is invalid"),
        (noop + ["--concurrency", "9223372036854775807"], "at most 100000"),
        (noop + ["--batch", "5000"], "at most 4096"),
        (noop + ["--queue", " \r\n"], "blank"),
        (noop + ["--queue", "\n"], "blank"),
        (noop + ["--routing-key", ""], "a routing key is empty"),
        (noop + ["--queue", String(repeating: "x", count: 201)], "longer than 200"),
        (noop + ["--lease", "99ms"], "between 100ms and a year"),
        (noop + ["--grace", "1e300h"], "no duration"),
        (noop + ["--databse-url", "postgresql://u:hunter2@h/d"], "Unknown option '--databse-url'"),
        (["--handler", "postgresql://u:hunter2@h/d"], "postgresql://u:…@h/d"),
        (noop + ["--limit", "other=2"], "has no handler"),
        (noop + ["--timeout", "soon"], "cannot be read"),
        (noop + ["--lease", "soon"], "no duration"),
        (noop + ["--log-level", "loud"], "no log level"),
        (noop + ["--what"], "Unknown option '--what'"),
        (["--config", "/nonexistent.yaml"], "cannot be read"),
        (["--config", "/etc/passwd"], "ends in .yaml"),
    ])
    func `Bad options end with status 64 and one line`(arguments: [String], message: String) async throws {
        let worker = try RunningProgram.qworker(arguments)
        #expect(try await worker.end() == 64)
        #expect(worker.errors.contains(message), "\(worker.errors)")
        #expect(!worker.errors.contains("hunter2"))
        #expect(worker.errors.filter(\.isNewline).count == 1)
        #expect(worker.output.isEmpty)
    }

    @Test func `Without a server the status is 69, and no password is shown`() async throws {
        let worker = try RunningProgram.qworker(
            Self.noop + ["--database-url", "postgresql://user:hunter2@127.0.0.1:1/db"])
        #expect(try await worker.end() == 69)
        #expect(worker.errors.filter(\.isNewline).count == 1)
        #expect(!worker.errors.contains("hunter2"))
    }

    @Test func `Without the schema the status is 78`() async throws {
        let url = try await TestCluster.shared().url(database: "postgres")
        let worker = try RunningProgram.qworker(Self.noop + ["--database-url", url])
        #expect(try await worker.end() == 78)
        #expect(worker.errors.contains("qinstall"))
        #expect(worker.errors.filter(\.isNewline).count == 1)
    }

    @Test func `Help names every option with its default`() async throws {
        let worker = try RunningProgram.qworker(["--help"])
        #expect(try await worker.end() == 0)
        let options = worker.output.components(separatedBy: "OPTIONS:").last ?? ""
        let described = options.components(separatedBy: "\n  --").dropFirst()
        #expect(described.count >= 15)
        #expect(described.allSatisfy { $0.contains("default") })
        #expect(worker.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: ["yaml", "json"])
    func `A file serves where neither option nor environment does`(type: String) async throws {
        let texts = [
            "yaml": """
            queues: [q]
            handlers: ["k=exec:echo '\\"from file, really\\"'", "other=builtin:noop"]
            concurrency: 3
            timeouts: ["k=9s"]
            poll: 2
            drain: true
            """,
            "json": #"""
            {"queues": ["q"], "handlers": ["k=exec:echo '\"from file, really\"'", "other=builtin:noop"],
             "concurrency": 3, "timeouts": ["k=9s"], "poll": 2, "drain": true}
            """#,
        ]
        let file = FileManager.default.temporaryDirectory.appending(path: "quoll-\(UUID().uuidString).\(type)")
        try Data((texts[type] ?? "").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let database = try await Database.make()
        func result(_ arguments: [String], _ environment: [String: String]) async throws -> String {
            let job = try await database.enqueue("k")
            let worker = try RunningProgram.qworker(
                ["--config", file.path] + arguments,
                environment: environment.merging(["DATABASE_URL": database.url]) { $1 })
            #expect(try await worker.end() == 0, "\(worker.errors)")
            return try await database.sql("select result from queue.get_job(\(job))")
        }
        let environment = ["QWORKER_HANDLERS": "other=builtin:noop\nk=exec:echo '\"from environment, too\"'"]
        #expect(try await result([], [:]) == #""from file, really""#)
        #expect(try await result([], environment) == #""from environment, too""#)
        #expect(try await result(["--handler", "k=exec:echo '\"from option\"'"], environment) == #""from option""#)
    }

    @Test func `A value of the wrong type is named`() async throws {
        let worker = try RunningProgram.qworker(Self.noop, environment: ["QWORKER_CONCURRENCY": "many"])
        #expect(try await worker.end() == 64)
        #expect(worker.errors.contains("concurrency"))
    }
}
