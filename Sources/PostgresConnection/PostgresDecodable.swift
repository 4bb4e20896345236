public import Foundation

/// A type that can be read from the text of a value.
public protocol PostgresDecodable {
    /// `nil` when the text is no such value.
    init?(postgresText text: String)
}

extension String: PostgresDecodable {
    public init?(postgresText text: String) { self = text }
}

extension Int: PostgresDecodable {
    public init?(postgresText text: String) { self.init(text) }
}

extension Int64: PostgresDecodable {
    public init?(postgresText text: String) { self.init(text) }
}

extension Double: PostgresDecodable {
    public init?(postgresText text: String) { self.init(text) }
}

extension Bool: PostgresDecodable {
    public init?(postgresText text: String) {
        switch text {
        case "t": self = true
        case "f": self = false
        default: return nil
        }
    }
}

/// From `timestamptz` in ISO style, whatever the session's time zone; ±infinity is the distant future or past.
extension Date: PostgresDecodable {
    public init?(postgresText text: String) {
        switch text {
        case "infinity": self = .distantFuture
        case "-infinity": self = .distantPast
        default:
            // 2026-11-21 06:18:34.123456+00, or +05:30
            let parts = text.split(separator: " ")
            guard parts.count == 2, let sign = parts[1].lastIndex(where: { $0 == "+" || $0 == "-" }) else { return nil }
            let clock = parts[1][..<sign].split(separator: ".")
            let zone = parts[1][sign...].count == 3 ? parts[1][sign...] + ":00" : parts[1][sign...]
            guard let whole = try? Date("\(parts[0])T\(clock[0])\(zone)", strategy: .iso8601) else { return nil }
            let fraction = clock.count > 1 ? Double("0.\(clock[1])") ?? 0 : 0
            self = whole.addingTimeInterval(fraction)
        }
    }
}

/// From an array of one dimension without nulls.
extension Array: PostgresDecodable where Element: PostgresDecodable {
    public init?(postgresText text: String) {
        guard let elements = ArrayText.elements(text) else { return nil }
        var values: [Element] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let element, let value = Element(postgresText: element) else { return nil }
            values.append(value)
        }
        self = values
    }
}

/// Reads the text of an array: `{1,2}`, `{"a \"b\"",NULL}`.
enum ArrayText {
    static func elements(_ text: String) -> [String?]? {
        guard text.first == "{", text.last == "}" else { return nil }
        var elements: [String?] = []
        var element = ""
        var (quoted, inQuotes, escaped) = (false, false, false)
        for character in text.unicodeScalars.dropFirst().dropLast() {
            if escaped {
                element.unicodeScalars.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                inQuotes.toggle()
                quoted = true
            } else if character == ",", !inQuotes {
                elements.append(!quoted && element == "NULL" ? nil : element)
                (element, quoted) = ("", false)
            } else {
                element.unicodeScalars.append(character)
            }
        }
        if quoted || !element.isEmpty || !elements.isEmpty {
            elements.append(!quoted && element == "NULL" ? nil : element)
        }
        return inQuotes || escaped ? nil : elements
    }
}
