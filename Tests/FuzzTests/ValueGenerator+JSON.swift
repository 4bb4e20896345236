extension ValueGenerator {
    /// An SQL text that jsonb can read.
    mutating func json(depth: Int) -> String {
        if depth == 0 && random.once(in: 12) {
            let levels = random.pick([10, 500, 3000])
            return "(repeat('[', \(levels)) || repeat(']', \(levels)))"
        }
        if depth == 0 && random.once(in: 40) { return "to_jsonb(repeat('x', 2000000))" }
        return literal(jsonText(depth: depth))
    }

    private mutating func jsonText(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 3 ? 9 : 5), using: &random) {
        case 0: return random.pick(["null", "true", "false", "{}", "[]"])
        case 1: return random.pick(Self.jsonNumbers)
        case 2: return quoted(random.pick(Self.texts))
        case 3: return quoted(random.pick(Self.intervals + Self.times + known.queues + Self.states))
        case 4: return "\(random.pick(Self.integers))"
        case 5: return list(of: depth)
        case 6: return "[\(object(depth: depth)), \(object(depth: depth))]"
        default: return object(depth: depth)
        }
    }

    private mutating func list(of depth: Int) -> String {
        let count = Int.random(in: 0...3, using: &random)
        return "[\((0..<count).map { _ in jsonText(depth: depth + 1) }.joined(separator: ", "))]"
    }

    /// Half of the keys mean something to some function: a batch's jobs and failures, a queue's options.
    private mutating func object(depth: Int) -> String {
        var members = ["\"kind\": \"k\"", "\"payload\": 1"].filter { _ in random.once(in: 2) }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let key = random.once(in: 4) ? random.pick(Self.texts) : random.pick(words)
            let value =
                switch key {
                case "job_id" where !random.once(in: 4): "\(random.pick(known.attempts).job)"
                case "lease_token" where !random.once(in: 4): "\(random.pick(known.attempts).token)"
                default: jsonText(depth: depth + 1)
                }
            members.append("\(quoted(key)): \(value)")
        }
        return "{\(members.joined(separator: ", "))}"
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 32:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
