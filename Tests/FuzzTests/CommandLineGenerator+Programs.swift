extension CommandLineGenerator {
    /// A way to call qinstall.
    mutating func qinstall() -> [String] {
        let action = random.pick([
            "install", "install", "upgrade", "status", "verify", "uninstall", "print", "catalogue",
        ])
        var arguments = [action]
        if random.once(in: 2) { arguments += ["--database-url", address()] }
        if action == "uninstall" || random.once(in: 8) {
            arguments += random.pick([["--yes"], ["--yes", "--force"], []])
        }
        if action == "print", random.once(in: 2) || random.once(in: 8) {
            arguments += [
                "--from",
                random.pick(["0.1.0", "0.0.1", "1.0", "0.1.0.0", "-1.0.0", "99999999999999999999.0.0", text()]),
            ]
        }
        return spoil(arguments)
    }

    /// A way to call qctl; it waits for no job longer than some seconds.
    mutating func qctl() -> [String] {
        var arguments = qctlCommand()
        if random.once(in: 4) { arguments += ["--database-url", address()] }
        if random.once(in: 3) { arguments.append("--json") }
        return spoil(arguments)
    }

    private mutating func qctlCommand() -> [String] {
        let queue = random.once(in: 3) ? text() : "fuzz"
        let job = random.once(in: 2) ? "1" : number()
        func option(_ name: String, _ value: String) -> [String] { ["--\(name)", value] }
        switch Int.random(in: 0..<14, using: &random) {
        case 0:
            return ["enqueue", queue, text(), random.pick(["{}", "[1]", "-", text()])]
                + option(random.pick(["priority", "run-in", "max-attempts", "unique-key", "unique-for"]), number())
        case 1:
            return ["job", "list", "--queue", queue] + option(random.pick(["after", "max", "state", "kind"]), number())
        case 2: return ["job", random.pick(["show", "explain", "cancel", "retry", "replay"]), job]
        case 3:
            return ["job", "wait", "1"]
                + option("timeout", random.pick(["0", "-1", "0.01", "nan", "-inf", "", text()]))
        case 4: return ["job", "wait", "999999999"] + option("timeout", number())
        case 5: return ["dead", "list"] + option(random.pick(["queue", "max"]), number())
        case 6:
            let names = ["error-code", "kind", "max", "older-than", "newer-than"]
            return ["dead", "redrive", queue] + option(random.pick(names), number())
        case 7: return ["queue", random.pick(["pause", "resume", "drop", "archive", "refusals", "list"]), queue]
        case 8:
            let options = [
                "{}", "[]", #"{"lease": "1 second"}"#, #"{"lease": "x"}"#, #"{"max_attempts": 1e9}"#, "{", text(),
            ]
            return ["queue", random.pick(["create", "configure"]), queue, random.pick(options)]
        case 9: return ["queue", "cancel", queue] + option(random.pick(["max", "state", "kind"]), number())
        case 10:
            let cron = random.pick(["* * * * *", "@daily", "@every 5 seconds", "61 * * * *", text()])
            return ["schedule", "put", text(), cron, queue, "k"]
                + option(random.pick(["time-zone", "catch-up"]), text())
        case 11: return ["schedule", random.pick(["remove", "pause", "resume", "next", "list"]), text()]
        case 12: return ["stats", queue]
        default: return [random.pick(["metrics", "health", "verify", "maintain", "version", "queue", "job", text()])]
        }
    }

    /// A way to call qworker, which drains an empty queue when nothing is wrong.
    mutating func qworker() -> [String] {
        var arguments = ["--drain"]
        if !random.once(in: 10) { arguments += ["--queue", random.once(in: 4) ? text() : "empty"] }
        if !random.once(in: 10) { arguments += ["--handler", handler()] }
        if random.once(in: 2) { arguments += qworkerOption() }
        return spoil(arguments)
    }

    mutating func handler() -> String {
        let actions = [
            "builtin:noop", "builtin:sleep", "builtin:", "exec:true", "exec:", "exec: ", "http://",
            "http://127.0.0.1:1/",
            "https://u:\(Self.secret)@127.0.0.1:1/", "http:///x", "http://[::1", "http://127.0.0.1:99999/", "ftp://h/",
            "HTTP://h/",
        ]
        if random.once(in: 8) { return text() }
        if random.once(in: 2) { return "k=exec:true" }
        return (random.once(in: 4) ? text() : "k") + (random.once(in: 10) ? "" : "=") + random.pick(actions)
    }

    private mutating func qworkerOption() -> [String] {
        let name = random.pick([
            "concurrency", "limit", "timeout", "batch", "lease", "poll", "grace", "maintain", "snooze", "log-level",
            "name",
            "database-url",
        ])
        switch name {
        case "concurrency", "batch": return ["--\(name)", number()]
        case "limit": return ["--limit", "\(random.once(in: 4) ? text() : "k")=\(number())"]
        case "timeout": return ["--timeout", random.once(in: 2) ? "k=\(duration())" : duration()]
        case "log-level": return ["--log-level", random.pick(["trace", "debug", "critical", "loud", text()])]
        case "name": return ["--name", text()]
        case "database-url": return ["--database-url", address()]
        default: return ["--\(name)", duration()]
        }
    }

    /// Variables of qworker's own. It is never told not to drain.
    mutating func qworkerEnvironment() -> [String: String] {
        var variables = environment()
        variables["QWORKER_DRAIN"] = random.once(in: 20) ? "perhaps" : "true"
        if random.once(in: 4) {
            let name = random.pick([
                "CONCURRENCY", "LIMITS", "TIMEOUTS", "BATCH", "LEASE", "POLL", "GRACE", "LISTEN", "LOG_LEVEL",
            ])
            variables["QWORKER_\(name)"] = random.once(in: 2) ? duration() : text()
        }
        if random.once(in: 3) { variables["QWORKER_QUEUES"] = "empty,\(text())" }
        if random.once(in: 6) { variables["QWORKER_HANDLERS"] = "k=builtin:noop\n\(handler())" }
        if random.once(in: 8) { variables["QWORKER_DATABASE_URL"] = address() }
        return variables
    }

    /// A configuration file, right or wrong, with NULs now and then.
    mutating func configuration() -> (name: String, text: String) {
        let keys = [
            "queues", "handlers", "concurrency", "timeouts", "lease", "poll", "name", "logLevel", "databaseUrl", text(),
        ]
        let values = [
            "[empty]", "[\"k=builtin:noop\"]", "4", "\"4\"", "-1", "1e300", "null", "true", "{}", "[[]]", "[1, null]",
            "\"\"",
            "\"\\u0000\"", "\"\(url)\"", "*anchor", "&a [*a]", "!!binary x", "9223372036854775808", "\"\\ud800\"",
        ]
        var members = keys.filter { _ in random.once(in: 3) }.map { ($0, random.pick(values)) }
        if random.once(in: 2) { members = [("queues", "[empty]"), ("handlers", "[\"k=builtin:noop\"]")] + members }
        let isYAML = random.once(in: 2)
        var text =
            isYAML
            ? members.map { "\($0): \($1)\n" }.joined()
            : "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
        if random.once(in: 5) { text = String(text.prefix(text.count / 2)) }
        if random.once(in: 8) { text += "\0" }
        if random.once(in: 20) { text = String(repeating: isYAML ? "- " : "[", count: 20_000) }
        return (random.pick(isYAML ? ["c.yaml", "c.yml"] : ["c.json", "c.json", "c.yaml", "c.toml"]), text)
    }
}
