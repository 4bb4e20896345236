/// Makes up arguments: SQL expressions of a type, most of them hostile, some of them good, some of them known to the
/// database because an earlier call brought them up.
struct ValueGenerator {
    /// What earlier calls have brought up.
    struct Known {
        var queues: [String] = ["fuzz"]
        var names: [String] = ["schedule"]
        /// Jobs and the tokens of their claims.
        var attempts: [(job: Int64, token: Int64)] = [(1, 1)]
    }

    /// A type that nothing here can make a value of: it needs a case in ``value(_:named:)``.
    struct UnknownType: Error { let type: String }

    var random: SeededGenerator
    var known = Known()
    /// Names of parameters and columns: keys that a JSON argument may hold.
    let words: [String]
    /// The attempt that this call is about, so that its arguments fit together.
    private var attempt: (job: Int64, token: Int64) = (1, 1)

    init(seed: UInt64, words: [String]) {
        random = SeededGenerator(seed: seed)
        self.words = words
    }

    /// Arguments for a call, by name, with some of the optional ones left out.
    mutating func arguments(of function: PublicFunction) throws -> [(name: String, value: String)] {
        attempt = random.pick(known.attempts)
        return try function.parameters.compactMap { parameter in
            // a function that waits would wait for its default
            if parameter.name == "timeout" { return ("timeout", "interval '\(random.pick(Self.timeouts))'") }
            if parameter.isOptional && random.once(in: 2) { return nil }
            return (parameter.name, try value(parameter.type, named: parameter.name))
        }
    }

    mutating func value(_ type: String, named name: String) throws -> String {
        if random.once(in: 12) { return "null::\(type)" }
        if type.hasSuffix("[]") { return try array(of: String(type.dropLast(2)), named: name) }
        switch type {
        case "text": return text(named: name)
        case "jsonb": return json(depth: 0) + "::jsonb"
        case "bigint": return "'\(bigint(named: name))'::bigint"
        case "integer": return "'\(random.pick(Self.integers))'::integer"
        case "boolean": return random.pick(["true", "false"])
        case "interval": return "interval '\(random.pick(Self.intervals))'"
        case "timestamp with time zone": return "timestamptz '\(random.pick(Self.times))'"
        case "double precision", "numeric": return "'\(random.pick(Self.numbers))'::\(type)"
        default: throw UnknownType(type: type)
        }
    }

    private mutating func bigint(named name: String) -> Int64 {
        if !random.once(in: 4) { return name.contains("token") ? attempt.token : attempt.job }
        return random.pick([0, 1, -1, .max, .min, .max - 1, 1 << 40, Int64.random(in: 1...5000, using: &random)])
    }

    mutating func text(named name: String) -> String {
        if random.once(in: 60) { return "left(repeat(\(literal(random.pick(Self.texts))), 300000), 2000000)" }
        if random.once(in: 3) {
            var text = random.pick(Self.texts)
            if random.once(in: 4) { text += random.pick(Self.texts) }
            return literal(text)
        }
        switch name {
        case "queue": return literal(random.pick(known.queues))
        case "name": return literal(random.pick(known.names))
        case "cron": return literal(random.pick(Self.crons))
        case "timezone": return literal(random.pick(Self.zones))
        case "state": return literal(random.pick(Self.states))
        default: return literal(random.pick(["k", "key", "latest", "none", "all", "2", "fuzz"]))
        }
    }

    /// An array: empty, with nulls, of two dimensions, with a lower bound that is not 1, long, or plain.
    private mutating func array(of type: String, named name: String) throws -> String {
        func elements(_ count: Int, _ generator: inout Self) throws -> String {
            try (0..<count).map { _ in try generator.value(type, named: name) }.joined(separator: ", ")
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "'{}'::\(type)[]"
        case 1: return "array[null, \(try elements(1, &self)), null]::\(type)[]"
        case 2: return "array[array[\(try elements(2, &self))], array[\(try elements(2, &self))]]::\(type)[]"
        case 3: return "array_fill((\(try elements(1, &self)))::\(type), array[\(random.pick([1, 2, 3]))], array[-5])"
        case 4: return "array_fill('1'::\(type), array[\(random.pick([1000, 10001]))])"
        case 5: return "array_fill(null::\(type), array[3])"
        case 6...8: return "array[\(try elements(1, &self))]::\(type)[]"
        default: return "array[\(try elements(Int.random(in: 1...4, using: &random), &self))]::\(type)[]"
        }
    }

    /// A literal that any server reads alike, whatever `standard_conforming_strings` says.
    func literal(_ text: String) -> String {
        "E'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
