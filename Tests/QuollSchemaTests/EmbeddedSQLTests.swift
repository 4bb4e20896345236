import Foundation
import QuollSchema
import TestSupport
import Testing

/// What this binary carries is what stands in `sql/`.
@Suite struct EmbeddedSQLTests {
    /// The texts of the files below `sql/`, by path.
    private func files() throws -> [String: String] {
        let folder = Command.tree.appending(path: "sql").resolvingSymlinksInPath()
        let paths = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
        return try Dictionary(
            uniqueKeysWithValues: paths.filter { $0.hasSuffix(".sql") }
                .map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) })
    }

    @Test func `every file of sql is embedded under its name, with its text`() throws {
        let files = try files()
        #expect(!files.isEmpty)
        #expect(SchemaSource.embedded.files.keys.sorted() == files.keys.sorted())
        for (path, text) in files { #expect(SchemaSource.embedded.files[path] == text, "\(path)") }
    }

    @Test func `every file but migrations and tables of contents is part of the install`() throws {
        let script = try SchemaSource.embedded.installScript()
        for (path, text) in SchemaSource.embedded.files where !path.hasPrefix("migrations/") {
            if text.contains("\n\\ir ") || text.hasPrefix("\\ir ") { continue }
            #expect(script.contains(text.trimmingCharacters(in: .newlines)), "\(path) is not in install.sql")
        }
    }

    @Test func `the extension is of the same version`() throws {
        let control = try String(contentsOf: Command.tree.appending(path: "extension/quoll.control"), encoding: .utf8)
        #expect(control.contains("default_version = '\(SchemaSource.embedded.version)'"))
    }

    @Test func `the extension is assembled from the same text`() async throws {
        let version = "\(SchemaSource.embedded.version)"
        let assembled = try await Command.run("extension/assemble", ["install", version])
        #expect(assembled.status == 0, "\(assembled.errors)")
        #expect(assembled.output.contains(try SchemaSource.embedded.installScript()))
    }
}
