import Foundation
import TestSupport
import Testing

/// What the programs write, at their most talkative, holds no password and nothing of a job.
struct SecretTests {
    private static let password = "hunter2-\(UInt32.random(in: 1...99_999))"
    private static let payload = "confidential-\(UInt32.random(in: 1...99_999))"
    private let database: Database

    init() async throws { database = try await Database.make() }

    private var url: String {
        database.url.replacing("postgres@", with: "postgres:\(Self.password)@")
    }

    private func expectSilence(_ command: Command, _ what: String) {
        for text in [command.output, command.errors] {
            #expect(!text.contains(Self.password), "\(what): \(text)")
            #expect(!text.contains(Self.payload), "\(what): \(text)")
        }
    }

    @Test func `qworker's log tells no secret, whatever its jobs come to`() async throws {
        for kind in ["good", "bad", "late", "posted"] {
            try await database.enqueue(1, kind, #"{"secret": "\#(Self.payload)"}"#)
        }
        let drain = try await Command.run(
            Command.program("qworker"),
            [
                "--database-url", url, "--queue", "q", "--drain", "--log-level", "trace",
                "--handler", "good=exec:cat", "--handler", "bad=exec:cat >&2; exit 1",
                "--handler", "late=exec:cat; exit 75", "--handler", "posted=http://127.0.0.1:9/hook",
            ])
        #expect(drain.status == 0)
        #expect(drain.errors.contains("kind=bad"), "\(drain.errors)")
        expectSilence(drain, "qworker")
    }

    @Test func `no program tells the password, also where it is refused`() async throws {
        for broken in [url, url.replacing("/test", with: "/none"), url.replacing("5432", with: "5433"), url + "&x=1"] {
            for (program, arguments) in [
                ("qinstall", ["--database-url", broken, "verify"]), ("qinstall", ["--database-url", broken, "status"]),
                ("qctl", ["--database-url", broken, "queue", "list"]),
            ] {
                expectSilence(try await Command.run(Command.program(program), arguments), program)
            }
        }
    }
}
