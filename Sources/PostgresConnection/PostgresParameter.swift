public import Foundation

/// A value for `$1`, `$2`, … It is sent as text; the server infers its type from the statement.
public enum PostgresParameter: Sendable, Equatable {
    case null
    case text(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    /// A JSON text.
    case json(String)
    case interval(Duration)
    case timestamptz(Date)
    case textArray([String?])
    case int8Array([Int64])
    /// JSON texts; `nil` is SQL's null.
    case jsonbArray([String?])

    /// The text to send; `nil` for null.
    var text: String? {
        switch self {
        case .null: nil
        case .text(let value), .json(let value): value
        case .int(let value): String(value)
        case .double(let value): value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
        case .bool(let value): value ? "t" : "f"
        case .interval(let value): Self.text(value)
        case .timestamptz(let value): Self.text(value)
        case .textArray(let values), .jsonbArray(let values): Self.text(values)
        case .int8Array(let values): "{\(values.map(String.init).joined(separator: ","))}"
        }
    }

    /// Whole microseconds: what an `interval` holds.
    private static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(seconds) seconds \(attoseconds / 1_000_000_000_000) microseconds"
    }

    /// Whole microseconds since 1970, as an ISO text in UTC.
    private static func text(_ date: Date) -> String {
        let seconds = date.timeIntervalSince1970
        if seconds.isNaN { return "nan" }  // which the server refuses
        // a timestamp goes from 4713 BC to 294276 AD
        if abs(seconds) > 9.2e12 { return seconds < 0 ? "-infinity" : "infinity" }
        let microseconds = Int64((seconds * 1_000_000).rounded())
        let whole = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        let day = Date(timeIntervalSince1970: TimeInterval(whole)).formatted(.iso8601)
        let fraction = String(microseconds - whole * 1_000_000)
        return day.dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    /// An array literal: every element quoted, so that none is taken for null or cut at a comma.
    private static func text(_ values: [String?]) -> String {
        var text = "{"
        for value in values {
            if text.utf8.count > 1 { text += "," }
            guard let value else {
                text += "NULL"
                continue
            }
            text += "\""
            for character in value.unicodeScalars {
                if character == "\"" || character == "\\" { text += "\\" }
                text.unicodeScalars.append(character)
            }
            text += "\""
        }
        return text + "}"
    }
}

extension PostgresParameter: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }

    /// Null for `nil`.
    public init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    /// Null for `nil`.
    public init(_ value: Int?) { self = value.map { .int(Int64($0)) } ?? .null }
    /// Null for `nil`.
    public init(_ value: Int64?) { self = value.map { .int($0) } ?? .null }
    /// Null for `nil`.
    public init(_ value: Bool?) { self = value.map { .bool($0) } ?? .null }
    /// Null for `nil`.
    public init(_ value: Duration?) { self = value.map { .interval($0) } ?? .null }
    /// Null for `nil`.
    public init(_ value: Date?) { self = value.map { .timestamptz($0) } ?? .null }
    /// Null for `nil`.
    public init(_ value: [String]?) { self = value.map { .textArray($0) } ?? .null }
}

/// One statement of a pipeline.
public struct PostgresStatement: Sendable, Equatable {
    public var sql: String
    public var parameters: [PostgresParameter]

    public init(_ sql: String, _ parameters: [PostgresParameter] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}
