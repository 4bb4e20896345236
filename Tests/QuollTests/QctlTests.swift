import Foundation
import TestSupport
import Testing

/// `qctl` as people run it: what it prints, and how it exits.
@Suite struct QctlTests {
    private let url: String

    init() async throws {
        url = try await TestCluster.shared().makeDatabase(installed: true)
    }

    private func qctl(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(
            Command.program("qctl"), arguments, environment: ["DATABASE_URL": url], input: input)
    }

    /// Runs `qctl`, which must succeed; what it printed, without the last newline.
    private func output(_ arguments: String..., input: String = "") async throws -> String {
        let done = try await Command.run(
            Command.program("qctl"), arguments, environment: ["DATABASE_URL": url], input: input)
        try #require(done.status == 0 && done.errors.isEmpty, "\(arguments): \(done)")
        return done.output.trimmingCharacters(in: .newlines)
    }

    private func json(_ text: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    /// Claims and fails a job for good.
    private func bury(_ kind: String) async throws {
        let done = try await Command.psql(
            url,
            """
            select queue.fail(job_id, lease_token, 'E', 'why', permanent => true)
            from queue.claim_batch('q', 'w', 1, null, '{\(kind)}')
            """)
        #expect(done.output == "ok\n", "\(done)")
    }

    @Test func `a command line that makes no sense is refused in one line, which tells no password`() async throws {
        for arguments in [
            ["job", "wait", "1", "--timeout", "inf"], ["job", "wait", "1", "--timeout", "1e300"], ["dance"],
            ["enqueue", "q", "k", "--run-in", "nan"], ["dead", "redrive", "q", "--older-than", "1e30"],
            ["queue", "list", "postgresql://u:hunter2@h/d"], ["queue", "list", "--databse-url", "password=hunter2"],
        ] {
            let done = try await Command.run(Command.program("qctl"), arguments, environment: ["DATABASE_URL": url])
            #expect(done.status == 64 && done.output.isEmpty, "\(arguments): \(done)")
            #expect(done.errors.hasPrefix("qctl: ") && done.errors.filter(\.isNewline).count == 1, "\(done.errors)")
            #expect(!done.errors.contains("hunter2"))
        }
    }

    @Test func `a queue from creation to its end`() async throws {
        #expect(try await output("queue", "create", "q", #"{"max_attempts": 2}"#) == "")
        #expect(try await output("queue", "configure", "q", #"{"priority": 3}"#) == "")
        #expect(try await output("queue", "pause", "q") == "")
        let lines = try await output("queue", "list").split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("queue  paused  options"))
        #expect(lines[1].hasPrefix("q      yes     {"))
        let list = try #require(try json(try await output("queue", "list", "--json")) as? [[String: Any]])
        #expect(list.count == 1 && list[0]["queue"] as? String == "q" && list[0]["paused"] as? Bool == true)
        let options = try #require(list[0]["options"] as? [String: Any])
        #expect(options["max_attempts"] as? Int == 2 && options["priority"] as? Int == 3)
        #expect(try await output("queue", "resume", "q") == "")
        #expect(try await output("enqueue", "q", "k") == "1")
        let refused = try await qctl("queue", "drop", "q")
        #expect(refused.status == 1)
        #expect(refused.errors.hasPrefix("qctl: queue 'q' has live jobs [55000]; "))
        #expect(try await output("queue", "drop", "q", "--force") == "")
        #expect(try await output("queue", "list", "--json") == "[]")
    }

    @Test func `a payload comes as an argument or from standard input`() async throws {
        #expect(try await output("enqueue", "q", "k", #"{"to": "ä"}"#, "--priority", "5") == "1")
        #expect(try await output("enqueue", "q", "k", "-", "--json", input: "[1, 2]\n") == #"{"job_id":2}"#)
        #expect(try await output("enqueue", "q", "k", "--unique-key", "u", "--run-in", "60") == "3")
        #expect(try await output("enqueue", "q", "k", "--unique-key", "u", "--max-attempts", "7") == "3")
        #expect(
            try await output(
                "enqueue", "q", "k", "{}", "--unique-key", "u", "--on-conflict", "replace", "--unique-for", "9")
                == "3")
        let jobs = try #require(try json(try await output("job", "list", "--json")) as? [[String: Any]])
        #expect(jobs.map { $0["job_id"] as? Int } == [1, 2, 3])
        #expect(jobs[0]["payload"] as? [String: String] == ["to": "ä"] && jobs[0]["priority"] as? Int == 5)
        #expect(jobs[1]["payload"] as? [Int] == [1, 2] && jobs[1]["result"] is NSNull)
        #expect(jobs[2]["state"] as? String == "scheduled" && jobs[2]["unique_key"] as? String == "u")
    }

    @Test func `a job waits for others, and goes where it belongs`() async throws {
        #expect(try await output("enqueue", "q", "k") == "1")
        #expect(try await output("enqueue", "q", "k") == "2")
        #expect(
            try await output("enqueue", "q", "k", "--after", "1", "--after", "2", "--on-parent-failure", "run") == "3")
        _ = try await output("enqueue", "q", "k", "--routing-key", "gpu", "--group-key", "g")
        let jobs = try #require(try json(try await output("job", "list", "--json")) as? [[String: Any]])
        #expect(jobs.map { $0["state"] as? String } == ["ready", "ready", "blocked", "ready"])
        #expect(jobs[3]["routing_key"] as? String == "gpu" && jobs[3]["group_key"] as? String == "g")
        let unknown = try await qctl("enqueue", "q", "k", "--after", "99")
        #expect(unknown.status == 3 && unknown.errors.contains("[42704]"), "\(unknown)")
        let word = try await qctl("enqueue", "q", "k", "--after", "1", "--on-parent-failure", "hope")
        #expect(word.status == 64 && word.errors.contains("hope"), "\(word)")
    }

    @Test func `jobs are listed, filtered and paged, a line each`() async throws {
        _ = try await output("enqueue", "q", "k", #"{"a": "\u009b31m\n"}"#)
        _ = try await output("enqueue", "q", "ünï👩‍👩‍👧", "--run-in", "99")
        _ = try await output("enqueue", "other", "k")
        let lines = try await output("job", "list", "--queue", "q").split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("job_id  queue  kind"), "\(lines)")
        #expect(!lines.joined().unicodeScalars.contains("\u{9b}"))
        #expect(lines[2].contains("ünï👩‍👩‍👧  scheduled"))
        #expect(try await output("job", "list", "--state", "scheduled").contains("ünï"))
        #expect(try await output("job", "list", "--kind", "k", "--after", "1").split(separator: "\n").count == 2)
        #expect(try await output("job", "list", "--max", "1").split(separator: "\n").count == 2)
        let odd = try await qctl("job", "list", "--state", "odd")
        #expect(odd.status == 1 && odd.errors.hasPrefix("qctl: unknown state 'odd' [22023]; states: "), "\(odd)")
    }

    @Test func `a job is shown, explained, canceled, retried and replayed`() async throws {
        _ = try await output("enqueue", "q", "k", #"{"a":1}"#)
        #expect(try await output("job", "cancel", "1") == "canceled")
        #expect(try await output("job", "retry", "1", "--json") == #"{"state":"ready"}"#)
        let replay = try await output("job", "replay", "1", "--queue", "r")
        try await bury("k")
        let text = try await output("job", "show", "1")
        #expect(text.contains("state         dead\n") && text.contains(#"payload       {"a": 1}"#), "\(text)")
        #expect(text.contains("\n\nattempt  outcome  error_code"), "\(text)")
        let shown = try #require(try json(try await output("job", "show", "1", "--json")) as? [String: Any])
        #expect((shown["job"] as? [String: Any])?["state"] as? String == "dead")
        #expect((shown["attempts"] as? [[String: Any]])?.first?["error_message"] as? String == "why")
        #expect(try await output("job", "explain", "1").contains("reason  NON_RETRYABLE"))
        let story = try #require(try json(try await output("job", "explain", replay, "--json")) as? [String: Any])
        #expect((story["explanation"] as? [String: Any])?["reason"] as? String == "NO_WORKER")
        #expect((story["timeline"] as? [[String: Any]])?.first?["event"] as? String == "enqueued")
    }

    @Test func `dead letters are listed and put back`() async throws {
        _ = try await output("enqueue", "q", "a")
        try await bury("a")
        let last = Int(try await output("enqueue", "q", "b"))
        try await bury("b")
        #expect(try await output("dead", "list").split(separator: "\n").count == 3)
        let letters = try #require(
            try json(try await output("dead", "list", "--queue", "q", "--max", "1", "--json")) as? [[String: Any]])
        #expect(letters.map { $0["job_id"] as? Int } == [last])
        #expect(letters[0]["reason_code"] as? String == "NON_RETRYABLE" && letters[0]["error_code"] as? String == "E")
        #expect(try await output("dead", "redrive", "q", "--dry-run") == "2")
        #expect(
            try await output("dead", "redrive", "q", "--kind", "a", "--error-code", "E", "--json") == #"{"jobs":1}"#)
        #expect(try await output("dead", "redrive", "q", "--max", "5") == "1")
        #expect(try await output("dead", "list", "--json") == "[]")
    }

    @Test func `schedules are put, listed, paused, resumed and removed`() async throws {
        let next = try await output("schedule", "put", "s", "@hourly", "q", "k", #"{"a": 1}"#, "--catch-up", "none")
        #expect(next.contains(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/))
        #expect(
            try await output("schedule", "next", "s", "--count", "2").split(separator: "\n").dropFirst().first
                == next[...])
        #expect(try await output("schedule", "pause", "s") == "")
        let list = try #require(try json(try await output("schedule", "list", "--json")) as? [[String: Any]])
        #expect(list.count == 1 && list[0]["cron"] as? String == "@hourly" && list[0]["paused"] as? Bool == true)
        #expect(list[0]["catch_up"] as? String == "none" && list[0]["next_at"] as? String == next)
        #expect(try await output("schedule", "resume", "s") == "")
        #expect(try await output("schedule", "remove", "s") == "")
        #expect(try await output("schedule", "list", "--json") == "[]")
        #expect(try await qctl("schedule", "put", "s", "@daily", "q", "k", "--catch-up", "some").status == 64)
    }

    @Test func `a queue is emptied, and a job waited for`() async throws {
        for kind in ["a", "a", "b"] { _ = try await output("enqueue", "q", kind) }
        #expect(try await output("queue", "cancel", "q", "--dry-run") == "3")
        #expect(try await output("queue", "cancel", "q", "--kind", "a", "--max", "1") == "1")
        #expect(try await output("job", "wait", "1") == "canceled")
        #expect(try await output("job", "wait", "2", "--timeout", "0.1", "--json") == #"{"state":"ready"}"#)
        #expect(try await output("queue", "cancel", "q", "--state", "ready", "--json") == #"{"jobs":2}"#)
        #expect(try await qctl("queue", "cancel", "q", "--state", "dead").status == 1)
        #expect(try await output("dead", "redrive", "q", "--older-than", "60", "--newer-than", "3600") == "0")
    }

    @Test func `archived jobs are listed`() async throws {
        _ = try await output("queue", "create", "q", #"{"archive": true, "retention_dead": "0 seconds"}"#)
        _ = try await output("enqueue", "q", "k", "[1]")
        try await bury("k")
        _ = try await output("maintain")
        let lines = try await output("queue", "archive", "q").split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("job_id  kind  state  attempt  finished_at"), "\(lines)")
        #expect(lines[1].hasPrefix("1       k     dead   1"), "\(lines)")
        let jobs = try #require(try json(try await output("queue", "archive", "q", "--json")) as? [[String: Any]])
        #expect(jobs.map { $0["worker"] as? String } == ["w"] && jobs[0]["payload"] as? [Int] == [1])
    }

    @Test func `refused enqueues are listed`() async throws {
        _ = try await output("queue", "create", "q", #"{"max_payload_bytes": 4}"#)
        let refused = try await qctl("enqueue", "q", "k", "[1,2]")
        #expect(refused.status == 1 && refused.errors.hasPrefix("qctl: payload of 6 bytes is over"), "\(refused)")
        _ = try await output("maintain")
        let lines = try await output("queue", "refusals").split(separator: "\n")
        #expect(lines.count == 2 && lines[1].contains("q      REFUSED   PAYLOAD_TOO_LARGE  {"))
        #expect(lines.last?.hasSuffix(#"{"payload_bytes": 6}"#) == true, "\(lines)")
        #expect(try await output("queue", "refusals", "other", "--json") == "[]")
    }

    @Test func `stats, metrics and verify tell where the jobs are, and whether they fit together`() async throws {
        _ = try await output("enqueue", "q", "k")
        _ = try await output("enqueue", "other", "k", "--run-in", "60")
        let lines = try await output("stats").split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("queue  paused  ready  scheduled"), "\(lines)")
        let stats = try #require(try json(try await output("stats", "q", "--json")) as? [[String: Any]])
        #expect(stats.map { $0["queue"] as? String } == ["q"] && stats[0]["ready"] as? Int == 1)
        #expect((stats[0]["oldest_ready_s"] as? Double).map { $0 >= 0 } == true && stats[0]["mean_run_s"] is NSNull)
        #expect(try await qctl("stats", "nowhere").status == 3)
        #expect(try await output("metrics").hasPrefix("# HELP quoll_jobs "))
        #expect(try await output("verify").hasPrefix("check"))
        let done = try await Command.psql(url, "insert into queue_internal.void values (1, 1)")
        #expect(done.status == 0)
        let after = try await qctl("verify")
        #expect(after.status == 4 && after.output.contains("1 found, such as: delivery 1 of lane 1 is void"))
    }

    @Test func `health exits with 4 until maintenance has run`() async throws {
        let before = try await qctl("health")
        #expect(before.status == 4 && before.errors.isEmpty && before.output.contains("never ran"), "\(before)")
        #expect(try json(try await output("maintain")) is [String: Any])
        let after = try await qctl("health", "--json")
        #expect(after.status == 0, "\(after)")
        let checks = try #require(try json(after.output) as? [[String: Any]])
        #expect(checks.count >= 5 && checks.allSatisfy { $0["ok"] as? Bool == true })
        #expect(try await output("version").contains(/^\d+\.\d+\.\d+$/))
    }

    @Test func `each kind of failure has its exit status and one line`() async throws {
        func expect(_ command: Command, _ status: Int32, _ text: String) {
            let line = command.errors.split(separator: "\n")
            #expect(command.status == status && command.output.isEmpty && line.count == 1, "\(command)")
            #expect(command.errors.hasPrefix("qctl: ") && command.errors.contains(text), "\(command)")
        }
        expect(try await qctl("job", "show", "7"), 3, "job 7 does not exist")
        expect(try await qctl("job", "explain", "7"), 3, "job 7 does not exist")
        expect(try await qctl("job", "cancel", "7"), 3, "[42704]")
        expect(try await qctl("queue", "pause", "none"), 3, "queue 'none' does not exist")
        expect(try await qctl("enqueue", "q", "k", "{"), 1, "[22P02]")
        expect(try await qctl("enqueue", "q", "k", "--priority=-101"), 1, "use -100 (last) to 100 (first)")
        expect(try await qctl("version", "--database-url", "postgresql://u@127.0.0.1:1/d"), 2, "127.0.0.1")
        let empty = try await TestCluster.shared().makeDatabase(installed: false)
        expect(try await qctl("version", "--database-url", empty), 1, "install or upgrade the schema by qinstall")
        for arguments in [["dance"], ["job"], ["enqueue", "q"], ["job", "show", "x"]] {
            let status = try await Command.run(Command.program("qctl"), arguments).status
            #expect(status == (arguments == ["job"] ? 0 : 64), "\(arguments)")
        }
    }

    @Test func `the database is that of the option, then DATABASE_URL, then PG variables`() async throws {
        let empty = try await TestCluster.shared().makeDatabase(installed: false)
        let program = Command.program("qctl")
        var environment: [String: String?] = ["DATABASE_URL": empty]
        #expect(try await Command.run(program, ["version"], environment: environment).status == 1)
        let option = ["version", "--database-url", url]
        #expect(try await Command.run(program, option, environment: environment).status == 0)
        let parts = try #require(URLComponents(string: url.replacing("@/", with: "@localhost/")))
        environment = [
            "DATABASE_URL": nil, "PGUSER": parts.user, "PGDATABASE": String(parts.path.dropFirst()), "PGPORT": "5432",
            "PGHOST": parts.queryItems?.first { $0.name == "host" }?.value,
        ]
        #expect(try await Command.run(program, ["version"], environment: environment).status == 0)
    }
}
