import Foundation
import TestSupport
import Testing

/// qworker, whose commands and servers answer anything at all: three times QUOLL_FUZZ_RUNS each (45), from
/// QUOLL_FUZZ_SEED on. Every job ends as the manual says, the worker goes on, and its log tells nothing of what was
/// answered.
@Suite(.serialized) struct HandlerFuzzTests {
    private static let count = FuzzSettings.runs * 3
    /// Writes what its payload says and ends as that says.
    private static let command = """
        import base64, json, os, signal, sys
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        job = json.load(sys.stdin)
        for place, name in ((1, "output"), (2, "errors")):
            data = base64.b64decode(job[name])
            while data: data = data[os.write(place, data):]
        os.kill(os.getpid(), -job["status"]) if job["status"] < 0 else os._exit(job["status"])
        """
    /// Answers a POST with the bytes that its payload holds, then closes, or goes on saying nothing for a second.
    private static let server = """
        import base64, json, socketserver, time
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                length = 0
                while (line := self.rfile.readline().strip()):
                    if line.lower().startswith(b"content-length:"): length = int(line.split(b":")[1])
                job = json.loads(self.rfile.read(length))
                try:
                    self.wfile.write(base64.b64decode(job["answer"]))
                    self.wfile.flush()
                    if job["stays"]: time.sleep(1)
                except OSError: pass
        socketserver.ThreadingTCPServer.daemon_threads = True
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()
        """

    private let url: String

    init() async throws { url = try await TestCluster.shared().makeDatabase(installed: true) }

    /// Enqueues a job for each payload, in order; their ids begin at 1.
    private func enqueue(_ payloads: [[String: Any]]) async throws {
        let lines = try payloads.map {
            String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self)
        }
        let copy =
            "create table payload (n serial, p jsonb);\ncopy payload (p) from stdin;\n"
            + lines.map { $0.replacing("\\", with: "\\\\") + "\n" }.joined() + "\\.\n"
            + "select queue.create_queue('q', '{\"backoff_base\": \"0 seconds\"}');\n"
            + "select queue.enqueue('q', 'k', p, max_attempts => coalesce((p ->> 'attempts')::int, 1)) from payload order by n;\n"
        let done = try await Command.psql(url, copy)
        try #require(done.status == 0, "\(done.errors)")
    }

    /// Runs qworker until nothing is left to claim.
    private func drain(_ handler: String) async throws {
        let arguments = [
            "-s", "KILL", "590", Command.program("qworker"), "--database-url", url, "--queue", "q", "--handler",
            "k=\(handler)",
            "--drain", "--snooze", "1h", "--timeout", "20s", "--concurrency", "8", "--log-level", "trace",
        ]
        let done = try await Command.run("timeout", arguments)
        #expect(done.status == 0, "QUOLL_FUZZ_SEED=\(FuzzSettings.seed): \(done.errors.suffix(3000))")
        #expect(!done.errors.contains(CommandLineGenerator.secret) && done.output.isEmpty)
    }

    /// State and error code of every job, in order.
    private func fates() async throws -> [String] {
        let fates = try await Command.psql(
            url,
            """
            select concat_ws(' ', j.state, d.error_code)
            from payload as p left join queue.job as j on j.job_id = p.n left join queue.dead_letter as d on d.job_id = p.n
            order by p.n
            """)
        return fates.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func `Whatever a command writes and however it ends, its job ends as the manual says`() async throws {
        var generator = HandlerGenerator(seed: FuzzSettings.seed)
        let ends = (0..<Self.count).map { _ in generator.command() }
        try await enqueue(
            ends.map {
                [
                    "output": $0.output.base64EncodedString(), "errors": $0.errors.base64EncodedString(),
                    "status": $0.status,
                ]
            })
        let file = FileManager.default.temporaryDirectory.appending(path: "quoll-\(UUID().uuidString).py")
        try Self.command.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try await drain("exec:exec /usr/bin/python3 -S -E '\(file.path)'")
        for (number, (end, fate)) in zip(ends, try await fates()).enumerated() where end.fate != fate {
            Issue.record(
                "QUOLL_FUZZ_SEED=\(FuzzSettings.seed): job \(number + 1) is \(fate), not \(end.fate): \(String(decoding: end.output.prefix(200), as: UTF8.self).debugDescription)"
            )
        }
        #expect(try await fates().count == Self.count)
        let verified = try await Command.psql(url, "select check_name, detail from queue.verify() where not ok")
        #expect(verified.output.isEmpty && verified.status == 0, "\(verified)")
    }

    @Test func `Whatever a server answers, its job ends, and a proper answer ends it as the manual says`() async throws
    {
        var generator = HandlerGenerator(seed: FuzzSettings.seed)
        let answers = (0..<Self.count).map { _ in (bytes: generator.answer(), stays: generator.random.once(in: 10)) }
        // one that is good after each that may not be; a connection that was closed meanwhile costs it an attempt
        let good = Data("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n17".utf8)
        try await enqueue(
            answers.flatMap { answer in
                [(answer.bytes, answer.stays, 1), (good, false, 9)].map {
                    ["answer": $0.0.base64EncodedString(), "stays": $0.1, "attempts": $0.2]
                }
            })
        let server = Process()
        let output = Pipe()
        server.executableURL = URL(filePath: "/usr/bin/python3")
        server.arguments = ["-c", Self.server]
        server.standardOutput = output
        server.standardInput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer { kill(server.processIdentifier, SIGKILL) }
        let port = PrivateCluster.firstLine(of: output.fileHandleForReading)
        try await drain("http://127.0.0.1:\(port)/")
        let fates = try await fates()
        #expect(fates.count == 2 * Self.count)
        for (number, fate) in fates.enumerated() {
            if number % 2 == 1 ? fate != "succeeded" : !(fate == "succeeded" || fate.hasPrefix("dead ")) {
                let answer = String(decoding: answers[number / 2].bytes.prefix(300), as: UTF8.self)
                Issue.record(
                    "QUOLL_FUZZ_SEED=\(FuzzSettings.seed): job \(number + 1) is \(fate): \(answer.debugDescription)")
            }
        }
        let codes = Dictionary(grouping: fates, by: \.self).mapValues(\.count)
        FuzzSettings.tell("servers: \(codes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    }
}
