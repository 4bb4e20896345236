public import Foundation

/// A cluster of its own, for tests that stop the server, or that need one without Quoll's roles, with passwords, or with
/// the extension's files.
///
/// `scripts/cluster run` keeps it for as long as this process holds a pipe open, so that it goes however this ends.
public final class PrivateCluster: Sendable {
    /// The URL of its database `quoll`, for its superuser.
    public let url: String
    /// The folder with its socket, and with its `data`.
    public let folder: String
    private let keeper: FileHandle

    /// - Parameters:
    ///   - settings: Lines of postgresql.conf, as `name=value`.
    ///   - withExtension: Whether the extension's files are installed in it.
    public init(settings: [String] = [], withExtension: Bool = false) async throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        // no program that is started meanwhile may hold it open
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(filePath: "/bin/sh")
        let run =
            ["scripts/cluster", "run", "fsync=off"] + settings + ["--", "sh", "-c", "echo $DATABASE_URL; exec cat"]
        process.arguments = ["-c", "\"$@\"; rm -rf \"$0\""]
        process.currentDirectoryURL = Command.tree
        if withExtension {
            let (folder, programs) = try await Self.stagedPostgres()
            process.environment = ProcessInfo.processInfo.environment.merging(
                ["QUOLL_PG_BIN": programs], uniquingKeysWith: { $1 })
            process.arguments? += [folder] + run
        } else {
            process.arguments? += [""] + run
        }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        keeper = input.fileHandleForWriting
        url = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Self.firstLine(of: output.fileHandleForReading))
            }
        }
        guard let folder = url.split(separator: "=").last else {
            throw TestSupportError("scripts/cluster did not start a server; it says why on standard error")
        }
        self.folder = String(folder)
    }

    deinit {
        try? keeper.close()
    }

    /// A copy of the installed Postgres with the extension's files: its folder, and that of its programs.
    private static func stagedPostgres() async throws -> (folder: String, programs: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "quoll-staged-\(UUID().uuidString)").path
        let staged = try await Command.run("scripts/staged-postgres", [folder])
        guard staged.status == 0 else {
            try? FileManager.default.removeItem(atPath: folder)
            throw TestSupportError("scripts/staged-postgres: \(staged.errors)")
        }
        return (folder, staged.output.trimmingCharacters(in: .newlines))
    }

    /// What is written up to the first newline or the end. Blocks.
    public static func firstLine(of handle: FileHandle) -> String {
        var line = Data()
        while let byte = try? handle.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// The URL of one of its databases, for one of its roles.
    public func url(database: String = "quoll", role: String = "postgres", password: String? = nil) -> String {
        let secret = password.map { ":\($0)" } ?? ""
        return "postgresql://\(role)\(secret)@/\(database)?port=5432&host=\(folder)"
    }
}
