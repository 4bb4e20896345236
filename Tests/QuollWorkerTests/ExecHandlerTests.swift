import Foundation
import TestSupport
import Testing

@testable import QuollWorker

/// `exec:` handlers.
struct ExecHandlerTests {
    private func run(_ command: String, _ job: Job = .sample()) async throws -> Outcome {
        try await JobHandler.exec("k", command: command, snooze: .seconds(7)).body(job)
    }

    @Test func `The payload is on standard input and JSON on standard output is the result`() async throws {
        #expect(try await run("cat", .sample(payload: #"{"a": 1}"#)) == .complete(json: #"{"a": 1}"#))
    }

    @Test func `A payload larger than a pipe arrives whole`() async throws {
        let payload = "\"" + String(repeating: "x", count: 200_000) + "\""
        #expect(try await run("wc -c | tr -d ' '", .sample(payload: payload)) == .complete(json: "200002\n"))
    }

    @Test func `A command that reads nothing completes all the same`() async throws {
        let payload = "\"" + String(repeating: "x", count: 2_000_000) + "\""
        #expect(try await run("true", .sample(payload: payload)) == .complete)
    }

    @Test func `Output that is no JSON is no result`() async throws {
        #expect(try await run("echo hello") == .complete)
        #expect(try await run("true") == .complete)
    }

    @Test func `The job is in the environment`() async throws {
        let job = Job.sample(id: 42, kind: "k", headers: #"{"trace-id": "t1", "n": 5, "deep": {"x": 1}}"#, attempt: 3)
        let command =
            #"printf '"%s %s %s %s %s %s %s"' $QUOLL_JOB_ID $QUOLL_QUEUE $QUOLL_KIND $QUOLL_ATTEMPT $QUOLL_MAX_ATTEMPTS $QUOLL_HEADER_TRACE_ID $QUOLL_HEADER_N"#
        #expect(try await run(command, job) == .complete(json: #""42 q k 3 5 t1 5""#))
        #expect(try await run("printf %s \"$QUOLL_HEADERS\"", job) == .complete(json: job.headers ?? ""))
    }

    @Test func `Exit status 75 snoozes`() async throws {
        #expect(try await run("exit 75") == .snooze(.seconds(7)))
    }

    @Test func `Any other exit status fails with the last line of standard error`() async throws {
        #expect(try await run("echo one >&2; echo two >&2; echo >&2; exit 3") == .fail(code: "EXIT_3", message: "two"))
        #expect(try await run("exit 1") == .fail(code: "EXIT_1", message: nil))
    }

    @Test func `The last line is found behind a megabyte of others`() async throws {
        let command = "head -c 1000000 /dev/zero | tr '\\0' 'x' | fold >&2; echo >&2; echo last >&2; exit 4"
        #expect(try await run(command) == .fail(code: "EXIT_4", message: "last"))
    }

    @Test func `A command killed by a signal fails with its number`() async throws {
        #expect(try await run("kill -9 $$") == .fail(code: "SIGNAL_9", message: nil))
    }

    @Test func `An ignored signal is not ignored in the command`() async throws {
        signal(SIGTERM, SIG_IGN)
        defer { signal(SIGTERM, SIG_DFL) }
        #expect(try await run("kill -TERM $$; sleep 20") == .fail(code: "SIGNAL_15", message: nil))
    }

    @Test func `Too much output fails the job`() async throws {
        guard case .fail("RESULT_TOO_LARGE", _, _, _) = try await run("head -c 400000 /dev/zero").kind else {
            Issue.record("accepted")
            return
        }
    }

    @Test func `A background process that keeps the output open does not delay the end`() async throws {
        let started = ContinuousClock.now
        #expect(try await run("sleep 90 & echo 1") == .complete(json: "1\n"))
        #expect(ContinuousClock.now - started < .seconds(60))
    }

    @Test(arguments: ["sleep 60", "trap '' TERM; sleep 60", "exec 1>&- 2>&-; sleep 60"])
    func `A cancelled command is killed with its children and grandchildren`(command: String) async throws {
        let marker = "97\(UInt32.random(in: 10_000...99_999))"
        let task = Task { try await run("sh -c 'trap \"\" TERM; sleep \(marker) & sleep \(marker)' & \(command)") }
        #expect(try await eventually { processes(with: "sleep \(marker)") == 2 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await eventually { processes(with: "sleep \(marker)") == 0 })
    }

    @Test func `A cancelled command may end in order before it is killed`() async throws {
        let note = FileManager.default.temporaryDirectory.appending(path: "quoll-note-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: note) }
        let marker = "95\(UInt32.random(in: 10_000...99_999))"
        let task = Task { try await run("trap 'echo TERM > \(note.path); exit 0' TERM; sleep \(marker) & wait") }
        #expect(try await eventually { processes(with: "sleep \(marker)") == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try String(contentsOf: note, encoding: .utf8) == "TERM\n")
    }

    @Test func `Many commands at once do not hold each other's pipes open`() async throws {
        let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for number in 0..<60 { group.addTask { try await run("cat; sleep 0.05", .sample(payload: "\(number)")) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(outcomes.map { "\($0)" }) == Set((0..<60).map { "\(Outcome.complete(json: "\($0)"))" }))
    }
}

/// How many live processes have this text as their whole command line.
func processes(with command: String) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.filter { Int($0) != nil }.count { process in
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\0").joined(separator: " ") == command
    }
}
