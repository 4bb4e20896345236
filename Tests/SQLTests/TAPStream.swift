import Foundation

/// What a script wrote, taken apart by the Test Anything Protocol.
struct TAPStream {
    struct Line {
        let isOK: Bool
        let number: Int
        let what: String
        /// `TODO` or `SKIP`, and the reason; null for neither.
        let directive: (word: String, reason: String)?
        var diagnostics: [Substring] = []
    }

    private(set) var plan: Int?
    private(set) var lines: [Line] = []

    init(_ output: String) {
        for line in output.split(separator: "\n") {
            if let match = line.wholeMatch(of: /1\.\.(\d+)/) {
                plan = Int(match.1)
            } else if let match = line.wholeMatch(of: /(not )?ok (\d+)(?: - )?(.*)/) {
                let (what, directive) = Self.directive(of: match.3)
                lines.append(
                    Line(isOK: match.1 == nil, number: Int(match.2) ?? 0, what: what, directive: directive))
            } else if line.hasPrefix("#"), !lines.isEmpty {
                lines[lines.count - 1].diagnostics.append(line)
            }
        }
    }

    private static func directive(of text: Substring) -> (what: String, directive: (String, String)?) {
        guard let match = text.wholeMatch(of: /(|.*?\s)# (TODO|SKIP)\b\s*(.*)/.ignoresCase()) else {
            return (String(text).replacing("\\#", with: "#"), nil)
        }
        return (
            match.1.replacing("\\#", with: "#").trimmingCharacters(in: .whitespaces),
            (match.2.uppercased(), String(match.3))
        )
    }
}
