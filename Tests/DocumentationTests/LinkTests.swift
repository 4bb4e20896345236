import Foundation
import Testing

struct LinkTests {
    @Test func `There are documents`() {
        #expect(Set(Document.allPaths()).isSuperset(of: ["README.md", "docs/guarantees.md", "sql/README.md"]))
    }

    @Test(arguments: Document.allPaths())
    func `Every link within the tree leads to a file and a heading that are there`(path: String) throws {
        for target in links(of: try Document(path)) {
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let folder = (path as NSString).deletingLastPathComponent
            let file =
                parts[0].isEmpty
                ? path : ((folder as NSString).appendingPathComponent(parts[0]) as NSString).standardizingPath
            #expect(
                FileManager.default.fileExists(atPath: Document.tree.appending(path: file).path), "\(target) in \(path)"
            )
            if parts.count == 2, file.hasSuffix(".md"), let document = try? Document(file) {
                #expect(headings(of: document).contains(parts[1]), "\(target) in \(path)")
            }
        }
    }

    private func links(of document: Document) -> [String] {
        document.prose.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
            .filter { !$0.contains("://") }
    }

    /// As GitHub makes them: lower case, words joined by hyphens, without punctuation.
    private func headings(of document: Document) -> Set<String> {
        Set(
            document.prose.filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacing(" ", with: "-")
            })
    }
}
