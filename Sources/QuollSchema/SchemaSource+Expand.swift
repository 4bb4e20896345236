extension SchemaSource {
    /// The text of a file with every `\ir FILE` line replaced by that file, expanded likewise.
    ///
    /// As in psql, the name is taken relative to the file that the line stands in. Other psql commands are refused:
    /// the script must run in any client.
    func expand(_ path: String) throws -> String {
        try expand(path, within: [])
    }

    private func expand(_ path: String, within outer: [String]) throws -> String {
        guard !outer.contains(path) else {
            throw InstallerError(.brokenSource, "sql/\(path) includes itself")
        }
        guard let text = files[path] else {
            let place = outer.last.map { ", which sql/\($0) names," } ?? ""
            throw InstallerError(.brokenSource, "sql/\(path)\(place) is not among the SQL files")
        }
        let folder = path.split(separator: "/").dropLast().map { "\($0)/" }.joined()
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("\\ir ") {
                let name = line.dropFirst(4).trimmingSpaces()
                lines.append(try expand(folder + name, within: outer + [path]))
            } else if line.hasPrefix("\\") {
                throw InstallerError(.brokenSource, "sql/\(path) holds a psql command other than \\ir: \(line)")
            } else {
                lines.append(String(line))
            }
        }
        if lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
