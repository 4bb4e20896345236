import Foundation
internal import PostgresConnection

/// Reads the values of a row one after the other, in the order of the statement's columns: without looking up names, of
/// which a claim of a thousand jobs would need eleven thousand.
struct RowReader {
    private let row: PostgresRow
    private var place = 0

    init(_ row: PostgresRow) {
        self.row = row
    }

    /// The next value; ``QuollError/Code/unexpectedAnswer`` for null and for a text that is no such value.
    mutating func next<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws(QuollError) -> Value {
        guard let value = try nextIfPresent(type) else {
            throw QuollError(code: .unexpectedAnswer, message: "column \(place) of the answer is null")
        }
        return value
    }

    /// The next value; `nil` for null.
    mutating func nextIfPresent<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self
    ) throws(QuollError) -> Value? {
        defer { place += 1 }
        guard let text = row[place] else { return nil }
        guard let value = Value(postgresText: text) else {
            throw QuollError(code: .unexpectedAnswer, message: "column \(place) of the answer is no \(type)")
        }
        return value
    }

    /// The next value, of `extract(epoch from …)`: cheaper to read than a date, and the same in every `DateStyle`.
    mutating func nextDate() throws(QuollError) -> Date {
        Date(timeIntervalSince1970: try next())
    }

    /// The same; `nil` for null.
    mutating func nextDateIfPresent() throws(QuollError) -> Date? {
        try nextIfPresent(Double.self).map { Date(timeIntervalSince1970: $0) }
    }
}

/// A value that is read from the columns that it names.
protocol RowDecodable {
    /// The columns to select, in the order in which ``init(_:)`` reads them.
    static var columns: String { get }
    init(_ row: inout RowReader) throws(QuollError)
}
