internal import CLibPQ
import Foundation

/// The answer to one statement: its rows, read where libpq keeps them.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultBox

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rows }
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < result.rows, "row \(position) of \(result.rows)")
        return PostgresRow(result: result, row: position)
    }

    /// The names of the columns, in order.
    public var columns: [String] { result.columns }
    /// What the server says it did, such as `INSERT 0 3`.
    public var commandTag: String { String(cString: PQcmdStatus(result.pointer)) }
    /// How many rows were inserted, updated, deleted or selected.
    public var affectedRows: Int { Int(String(cString: PQcmdTuples(result.pointer))) ?? 0 }
}

/// One row.
public struct PostgresRow: Sendable {
    let result: ResultBox
    let row: Int

    /// The text of a column's value; `nil` for null, and for a column that is not there.
    public subscript(_ column: String) -> String? {
        result.place(of: column).flatMap { self[$0] }
    }

    /// The text of a value by its column's place, from 0; `nil` for null.
    public subscript(_ column: Int) -> String? {
        result.text(row: row, column: column)
    }

    /// A value of the given type. Throws ``PostgresError/Code/invalidValue`` for null, for another type, and for a
    /// column that is not there.
    public func decode<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let place = result.place(of: column) else {
            throw PostgresError(code: .invalidValue, message: "the answer has no column \(column)")
        }
        guard let text = result.text(row: row, column: place), let value = Value(postgresText: text) else {
            throw PostgresError(code: .invalidValue, message: "column \(column) holds no \(Value.self)")
        }
        return value
    }

    /// The same; `nil` for null.
    public func decodeIfPresent<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        self[column] == nil && result.place(of: column) != nil ? nil : try decode(column, as: type)
    }
}

/// An answer of libpq. It is never changed after it was made, so any thread may read it.
final class ResultBox: @unchecked Sendable {
    let pointer: OpaquePointer
    let rows: Int
    private let width: Int32

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rows = Int(PQntuples(pointer))
        width = PQnfields(pointer)
    }

    var columns: [String] { (0..<width).map { String(cString: PQfname(pointer, $0)) } }

    /// The first column of that name.
    func place(of column: String) -> Int? {
        (0..<width).first { strcmp(PQfname(pointer, $0), column) == 0 }.map(Int.init)
    }

    deinit { PQclear(pointer) }

    func text(row: Int, column: Int) -> String? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else { return nil }
        let length = Int(PQgetlength(pointer, row, column))
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
