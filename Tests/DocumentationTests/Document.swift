import Foundation
import TestSupport

/// A Markdown file of the source tree.
struct Document: Sendable, CustomStringConvertible {
    /// The top folder of the source tree.
    static let tree = Command.tree

    /// Relative to ``tree``.
    let path: String
    let lines: [String]

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOf: Self.tree.appending(path: path), encoding: .utf8)
        lines = text.components(separatedBy: "\n")
    }

    var description: String { path }

    /// Every Markdown file that belongs to the tree, as paths.
    static func allPaths() -> [String] {
        let files = FileManager.default.enumerator(atPath: tree.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".md") && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }.sorted()
    }

    /// The texts of the fenced blocks of a language, in order.
    func blocks(_ language: String) -> [String] {
        var blocks: [String] = []
        var block: [String]?
        var isInside = false
        for line in lines {
            if line.hasPrefix("```") {
                if isInside, let text = block { blocks.append(text.joined(separator: "\n")) }
                block = !isInside && line == "```" + language ? [] : nil
                isInside.toggle()
            } else {
                block?.append(line)
            }
        }
        return blocks
    }

    /// The lines outside fenced blocks.
    var prose: [String] {
        var isInside = false
        return lines.filter { line in
            if line.hasPrefix("```") { isInside.toggle() }
            return !isInside && !line.hasPrefix("```")
        }
    }

    /// The table whose head has these columns: its rows, each cell without surrounding space; empty if there is none.
    func table(_ columns: [String]) -> [[String]] {
        guard let head = prose.firstIndex(where: { Self.cells($0) == columns }) else { return [] }
        return prose.dropFirst(head + 2).prefix { $0.hasPrefix("|") }.map(Self.cells)
    }

    private static func cells(_ line: String) -> [String] {
        guard line.hasPrefix("|"), line.hasSuffix("|") else { return [] }
        return line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension String {
    /// Without the backquotes that make it code.
    var code: String { trimmingCharacters(in: ["`"]) }
}
