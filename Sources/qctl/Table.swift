import Foundation

/// Rows for people, or for programs.
struct Table {
    var columns: [String]
    var rows: [[Cell]] = []
    /// The columns that people see of a list; programs see all. `nil` for all.
    var narrowColumns: Set<String>?
    /// Whether it is one thing, printed with a line for each column, or as a JSON object.
    var isSingle = false

    enum Cell {
        case text(String?)
        case number(Int64?)
        case flag(Bool)
        case seconds(Double?)
        case time(Date?)
        /// A JSON text, printed as it is.
        case json(String?)

        static func number(_ value: Int) -> Cell { .number(Int64(value)) }
    }

    func print(json: Bool) {
        Swift.print(json ? jsonText : plainText)
    }

    /// Prints several: for programs as one object, with a member for each.
    static func print(_ tables: KeyValuePairs<String, Table>, json: Bool) {
        if json {
            Swift.print("{\(tables.map { "\(quoted($0)):\($1.jsonText)" }.joined(separator: ",\n"))}")
        } else {
            Swift.print(tables.map(\.value.plainText).joined(separator: "\n\n"))
        }
    }

    /// Prints a single value; for programs as the member of an object.
    static func print(_ name: String, _ cell: Cell, json: Bool) {
        Swift.print(json ? "{\(quoted(name)):\(document(cell))}" : plain(cell))
    }
}

extension Table {
    fileprivate var plainText: String {
        let places = columns.indices.filter { narrowColumns?.contains(columns[$0]) ?? true }
        var lines = rows.map { row in places.map { Self.plain(row[$0]) } }
        let names = places.map { columns[$0] }
        lines = isSingle ? lines.flatMap { zip(names, $0).map { [$0, $1] } } : [names] + lines
        let widths = (lines.first ?? []).indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            var text = ""
            for (cell, width) in zip(line, widths) {
                text += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }

    private static func plain(_ cell: Cell) -> String {
        switch cell {
        case .text(let text), .json(let text):
            // one line for each row, and nothing that a terminal would take for a command
            String(
                String.UnicodeScalarView(
                    (text ?? "").unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        case .number(let number): number.map(String.init) ?? ""
        case .flag(let flag): flag ? "yes" : "no"
        case .seconds(let seconds): seconds.map { "\(($0 * 1000).rounded() / 1000)" } ?? ""
        case .time(let time): time.map { $0.formatted(.iso8601) } ?? ""
        }
    }

    fileprivate var jsonText: String {
        let objects = rows.map { row in
            "{" + zip(columns, row).map { "\(Self.quoted($0)):\(Self.document($1))" }.joined(separator: ",") + "}"
        }
        return isSingle ? objects.first ?? "null" : "[\(objects.joined(separator: ",\n"))]"
    }

    private static func document(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): text.map(quoted) ?? "null"
        case .number(let number): number.map(String.init) ?? "null"
        case .flag(let flag): "\(flag)"
        case .seconds(let seconds): seconds.map { "\($0)" } ?? "null"
        case .time(let time): time.map { quoted($0.formatted(.iso8601)) } ?? "null"
        case .json(let text): text ?? "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        (try? String(decoding: JSONEncoder().encode(text), as: UTF8.self)) ?? "\"\""
    }
}
