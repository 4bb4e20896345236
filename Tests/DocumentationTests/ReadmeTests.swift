import Foundation
import TestSupport
import Testing

struct ReadmeTests {
    private let readme: Document

    init() throws { readme = try Document("README.md") }

    @Test func `The psql example answers what the README shows`() async throws {
        let blocks = readme.blocks("sql")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let database = try await TestCluster.shared().makeDatabase(installed: true)
            let shown = block.split(separator: "\n").filter { $0.hasPrefix("--> ") }.map { String($0.dropFirst(4)) }
            #expect(try await Shell.sql(block, database: database) == shown)
        }
    }

    /// Lines that begin with `$ ` are commands, the lines after each are what it prints on standard output.
    @Test(arguments: ["README.md", "docs/operations.md"])
    func `The shell examples print what is shown`(path: String) async throws {
        let blocks = try Document(path).blocks("console")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let installs = block.contains("qinstall install")
            let database = try await TestCluster.shared().makeDatabase(installed: !installs)
            let commands = block.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }
            let run = try await Shell.run(
                commands.map { "printf '%s\\n' \(Shell.quoted("$ " + $0)); \($0)" }.joined(separator: "\n"),
                database: database)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == block + "\n", "\(run.errors)")
        }
    }

    @Test func `The Swift examples are those that are compiled with these tests`() throws {
        let compiled = try String(
            contentsOf: Document.tree.appending(path: "Tests/DocumentationTests/SwiftExample.swift"), encoding: .utf8)
        let lines = compiled.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let blocks = readme.blocks("swift")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let shown = block.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(lines.joined(separator: "\n").contains(shown.joined(separator: "\n")))
        }
    }

    @Test func `Every target of make that the documents name is there, and CONTRIBUTING names all`() throws {
        let makefile = try String(contentsOf: Document.tree.appending(path: "Makefile"), encoding: .utf8)
        let targets = Set(makefile.matches(of: #/(?m)^([a-z-]+):.*## /#).map { String($0.1) })
        #expect(targets.count > 5)
        for path in ["README.md", "CONTRIBUTING.md", "docs/operations.md"] {
            #expect(try named(in: path).subtracting(targets) == [], "\(path)")
        }
        // help lists the others
        #expect(try targets.subtracting(named(in: "CONTRIBUTING.md")) == ["help"])
    }

    private func named(in path: String) throws -> Set<String> {
        let text = try Document(path).lines.joined(separator: "\n")
        return Set(text.matches(of: #/(?m)(?:^|`)make ([a-z-]+)/#).map { String($0.1) })
    }
}
