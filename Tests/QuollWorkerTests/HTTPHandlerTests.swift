import Foundation
import TestSupport
import Testing

/// `http:` handlers of a real `qworker`, against a server of this test.
struct HTTPHandlerTests {
    /// Answers each path in its own way; `/echo` tells what it was sent.
    private static let script = """
        import http.server, json, sys, time
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                path = self.path.strip("/")
                status, fields, answer = 200, {}, b""
                if path == "echo":
                    names = ["X-Quoll-Job-Id", "X-Quoll-Kind", "X-Quoll-Attempt", "Idempotency-Key", "Content-Type", "traceparent"]
                    answer = json.dumps({"body": json.loads(body), "headers": [self.headers[n] for n in names]}).encode()
                elif path == "busy":
                    status, fields = 429, {"Retry-After": "1800"}
                elif path == "down":
                    status, answer = 503, b"no disk\\nat all"
                elif path == "slow":
                    time.sleep(20)
                elif path == "broken":
                    self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Le")
                    self.close_connection = True
                    return
                elif path == "endless":
                    self.send_response(200)
                    self.end_headers()
                    while True: self.wfile.write(b"1" * 65536)
                elif path == "moved":
                    status, fields = 302, {"Location": "/echo"}
                else:
                    status = 404
                self.send_response(status)
                for name, value in fields.items(): self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    private let database: Database
    private let server: RunningProgram

    init() async throws {
        database = try await Database.make()
        server = try RunningProgram("/usr/bin/python3", ["-c", Self.script])
    }

    private func url(_ path: String) async throws -> String {
        #expect(try await eventually { server.output.hasSuffix("\n") })
        return "http://127.0.0.1:\(server.output.trimmingCharacters(in: .newlines))/\(path)"
    }

    /// Runs one job against a path.
    private func attempt(_ path: String, options: [String] = []) async throws -> String {
        try await database.enqueue("k")
        try await database.drain(["k=" + url(path)], options: options)
        return try await database.attempts()
    }

    @Test func `The payload is posted with what tells of the job, and the answer is the result`() async throws {
        let job = try await database.enqueue("k", #"{"a": [1]}"#, options: #"headers => '{"traceparent": "00-1"}'"#)
        try await database.drain(["k=" + url("echo")])
        #expect(
            try await database.sql("select result -> 'body', result -> 'headers' from queue.job")
                == #"{"a": [1]}|["\#(job)", "k", "1", "quoll-\#(job)", "application/json", "00-1"]"#)
    }

    @Test func `429 retries after the time that the server names`() async throws {
        #expect(try await attempt("busy") == "1|failed|RATE_LIMIT|HTTP 429")
        let wait = try await database.sql("select extract(epoch from run_at - now())::int from queue.job")
        #expect((1_700...1_800).contains(Int(wait) ?? 0))
    }

    @Test func `5xx retries by the queue's policy`() async throws {
        #expect(try await attempt("down") == "1|failed|HTTP_503|HTTP 503: no disk")
        #expect(try await database.states() == "retrying 1")
    }

    @Test(arguments: [("gone", "HTTP_404"), ("moved", "HTTP_302")])
    func `Other statuses are final, and redirects are not followed`(path: String, code: String) async throws {
        _ = try await attempt(path)
        #expect(
            try await database.sql("select reason_code, error_code from queue.dead_letter") == "NON_RETRYABLE|\(code)")
    }

    @Test func `A time limit ends a request, for a retry`() async throws {
        #expect(try await attempt("slow", options: ["--timeout", "1s"]).hasPrefix("1|failed|TIMEOUT"))
        #expect(try await database.states() == "retrying 1")
    }

    @Test func `A server that breaks off within its header is worth a retry, and the worker goes on`() async throws {
        #expect(try await attempt("broken").hasPrefix("1|failed|DEPENDENCY_DOWN|"))
        #expect(try await database.states() == "retrying 1")
    }

    @Test func `An answer without end is cut off`() async throws {
        #expect(try await attempt("endless").hasPrefix("1|failed|RESULT_TOO_LARGE|"))
    }

    @Test func `A server that cannot be reached is worth a retry`() async throws {
        try await database.enqueue("k")
        try await database.drain(["k=http://127.0.0.1:1/"])
        #expect(try await database.attempts("outcome, error_code") == "failed|DEPENDENCY_DOWN")
    }
}
