/// Makes up command lines, most of them wrong somewhere, and environments and files for them.
struct CommandLineGenerator {
    /// What stands as the password in every address, and may be told by nobody.
    static let secret = "hunter2secret"

    var random: SeededGenerator
    /// The address of a database that works.
    let url: String

    init(seed: UInt64, url: String) {
        random = SeededGenerator(seed: seed)
        // a server that trusts everybody asks for no password, and gets none
        self.url = url.replacing("postgres@", with: "postgres:\(Self.secret)@")
    }

    static let numbers = [
        "0", "1", "2", "-1", "-0", "+1", "1.5", "007", "1e3", "1e300", "nan", "inf", "-inf", "0x10", "1_000", "١",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999999", "", " 1",
    ]
    static let durations =
        numbers + ["0s", "500ms", "30s", "-1s", "1e300h", "1e18s", "9e9h", "infs", "nanms", "s", "1 s", "1d", "s1"]
    static let texts =
        ValueGenerator.texts + [
            "--", "-", "--help-me", "-x", "=", "k=", "=k", "k=v", "@file", "$HOME", "`id`", "\u{1b}[2J",
        ]

    mutating func text() -> String {
        // a NUL ends an argument of a program
        let text = random.pick(Self.texts).replacing("\0", with: "")
        return random.once(in: 25)
            ? String(repeating: text.isEmpty ? "x" : text, count: 30_000).prefix(20_000).description : text
    }

    mutating func number() -> String { random.once(in: 8) ? text() : random.pick(Self.numbers) }
    mutating func duration() -> String { random.once(in: 8) ? text() : random.pick(Self.durations) }

    /// An address: one that works, or one that is wrong, always with a password in it.
    mutating func address() -> String {
        if !random.once(in: 3) { return url }
        let password = Self.secret
        return random.pick([
            url + "&x=1", url + "&sslmode=often", url.replacing("/test", with: "/none"),
            url.replacing("5432", with: "5433"),
            url.replacing("postgresql:", with: "postgre:"), "postgresql://u:\(password)@127.0.0.1:1/d",
            "postgresql://u:\(password)@127.0.0.1:99999/d", "postgresql://u:\(password)@127.0.0.1:port/d",
            "postgresql://u:\(password)@[::1/d",
            "postgresql://u:\(password)@127.0.0.1:1,127.0.0.1:2/d?connect_timeout=2",
            "postgresql://u:a@b/\(password)@127.0.0.1:1/d", "postgresql://u:%zz\(password)@127.0.0.1:1/d",
            "postgresql://u:\(password)%00@127.0.0.1:1/d",
            "host=/nowhere password=\(password)",
            "host=127.0.0.1 port=1 password='\(password)", "password = \(password) host=/nowhere port=x",
            "passwort=\(password) host=/nowhere", "host=/nowhere\npassword=\(password)",
        ])
    }

    /// Environment of a program: an address, and now and then nonsense for libpq.
    mutating func environment() -> [String: String] {
        var variables = ["PGPASSWORD": Self.secret, "DATABASE_URL": random.once(in: 6) ? address() : url]
        let names = [
            "PGPORT", "PGHOST", "PGOPTIONS", "PGSSLMODE", "PGCONNECT_TIMEOUT", "PGTZ", "LANG", "TERM", "COLUMNS",
        ]
        if random.once(in: 4) { variables[random.pick(names)] = text() }
        if random.once(in: 10) { variables["DATABASE_URL"] = "" }
        if variables["DATABASE_URL"] == "" { variables["PGHOST"] = "/nowhere" }
        return variables
    }

    /// Puts something where it does not belong, once in a few times.
    mutating func spoil(_ arguments: [String]) -> [String] {
        guard random.once(in: 4) else { return arguments }
        var arguments = arguments
        let place = Int.random(in: 0...arguments.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: arguments.insert(text(), at: place)
        case 1: arguments.insert("--" + text(), at: place)
        case 2: arguments += ["--databse-url", address()]
        case 3: arguments.insert(contentsOf: ["--database-url=" + address(), "--database-url"], at: place)
        default: if place < arguments.count { arguments.remove(at: place) }
        }
        return arguments
    }
}
