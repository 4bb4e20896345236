import Foundation
import Testing

/// A cluster of its own, for tests that need one without Quoll's roles, with passwords, or with the extension's files.
///
/// `scripts/cluster run` keeps it for as long as this process holds a pipe open, so that it goes however this ends.
final class PrivateCluster: Sendable {
    /// The URL of its database `quoll`, for its superuser.
    let url: String
    /// The folder with its socket.
    let folder: String
    private let keeper: FileHandle

    /// - Parameters:
    ///   - settings: Lines of postgresql.conf, as `name=value`.
    ///   - withExtension: Whether the extension's files are installed in it.
    init(settings: [String] = [], withExtension: Bool = false) async throws {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        let run =
            ["scripts/cluster", "run", "fsync=off"] + settings + ["--", "sh", "-c", "echo $DATABASE_URL; exec cat"]
        process.arguments = ["-c", "\"$@\"; rm -rf \"$0\""]
        process.currentDirectoryURL = Command.tree
        if withExtension {
            let folder = FileManager.default.temporaryDirectory.appending(path: "quoll-staged-\(UUID().uuidString)")
                .path
            let staged = try await Command.run("scripts/staged-postgres", [folder])
            if staged.status != 0 { try? FileManager.default.removeItem(atPath: folder) }
            try #require(staged.status == 0, "\(staged.errors)")
            process.environment = ProcessInfo.processInfo.environment.merging(
                ["QUOLL_PG_BIN": staged.output.trimmingCharacters(in: .newlines)], uniquingKeysWith: { $1 })
            process.arguments? += [folder] + run
        } else {
            process.arguments? += [""] + run
        }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        keeper = input.fileHandleForWriting
        url = Self.firstLine(of: output.fileHandleForReading)
        folder = String(try #require(url.split(separator: "=").last))
    }

    deinit {
        try? keeper.close()
    }

    static func firstLine(of handle: FileHandle) -> String {
        var line = Data()
        while let byte = try? handle.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// The URL of one of its databases, for one of its roles.
    func url(database: String = "quoll", role: String = "postgres", password: String? = nil) -> String {
        let secret = password.map { ":\($0)" } ?? ""
        return "postgresql://\(role)\(secret)@/\(database)?host=\(folder)"
    }
}
