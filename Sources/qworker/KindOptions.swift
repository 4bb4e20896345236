/// Options of the form `KIND=VALUE`, and, where allowed, one `VALUE` for all kinds.
struct KindOptions<Value> {
    private(set) var general: Value?
    private var values: [String: Value] = [:]
    private let name: String

    /// - Throws: ``Failure`` naming the text that cannot be read.
    init(_ texts: [String], name: String, allowsGeneral: Bool = false, parse: (String) -> Value?) throws {
        self.name = name
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 || allowsGeneral, let last = parts.last, let value = parse(last) else {
                throw Failure(status: .usage, message: "--\(name) \(text) cannot be read")
            }
            if parts.count == 2 { values[parts[0]] = value } else { general = value }
        }
    }

    subscript(kind: String) -> Value? { values[kind] }

    /// - Throws: ``Failure`` when an option is for a kind without a handler.
    func check(kinds: [String]) throws {
        if let stray = values.keys.sorted().first(where: { !kinds.contains($0) }) {
            throw Failure(status: .usage, message: "--\(name) for kind \"\(stray)\", which has no handler")
        }
    }
}
