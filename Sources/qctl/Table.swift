import Foundation

/// Rows for people, or for programs.
struct Table {
    var columns: [String]
    var rows: [[Cell]] = []

    enum Cell {
        case text(String?)
        case number(Int64?)
        case flag(Bool)
        case time(Date?)
        /// A JSON text, printed as it is.
        case json(String?)
    }

    func print(json: Bool) {
        Swift.print(json ? jsonText : plainText)
    }

    private var plainText: String {
        let lines = [columns] + rows.map { $0.map(Self.plain) }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
                .joined(separator: "  ").trimmingSuffix { $0 == " " }
        }.joined(separator: "\n")
    }

    private static func plain(_ cell: Cell) -> String {
        switch cell {
        case .text(let text), .json(let text):
            // One line for each row, and nothing that a terminal would take for a command.
            String(
                String.UnicodeScalarView(
                    (text ?? "").unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
        case .number(let number): number.map(String.init) ?? ""
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let time): time.map { $0.formatted(.iso8601) } ?? ""
        }
    }

    private var jsonText: String {
        let objects = rows.map { row in
            "{" + zip(columns, row).map { "\(Self.quoted($0)):\(Self.document($1))" }.joined(separator: ",") + "}"
        }
        return "[\(objects.joined(separator: ",\n"))]"
    }

    private static func document(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): text.map(quoted) ?? "null"
        case .number(let number): number.map(String.init) ?? "null"
        case .flag(let flag): "\(flag)"
        case .time(let time): time.map { quoted($0.formatted(.iso8601)) } ?? "null"
        case .json(let text): text ?? "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        (try? String(decoding: JSONEncoder().encode(text), as: UTF8.self)) ?? "\"\""
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
