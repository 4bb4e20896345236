import Foundation

/// A PgBouncer in transaction mode with two server connections, before one database; it ends with this process.
public final class PgBouncer: Sendable {
    /// The URL of the database through it.
    public let url: String
    private let folder: URL
    private let keeper: FileHandle

    /// - Parameter database: A URL as ``TestCluster`` gives it.
    public init(before database: String) async throws {
        guard let match = database.wholeMatch(of: #/postgresql://postgres@/(\w+)\?port=(\d+)&host=(.+)/#) else {
            throw TestSupportError("not a URL of a test cluster: \(database)")
        }
        let parts = match.output
        folder = FileManager.default.temporaryDirectory.appending(path: "bouncer-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        let settings = """
            [databases]
            \(parts.1) = host=\(parts.3) port=\(parts.2) dbname=\(parts.1) user=postgres
            [pgbouncer]
            unix_socket_dir = \(folder.path)
            listen_port = 6432
            auth_type = any
            pool_mode = transaction
            default_pool_size = 2
            """
        try settings.write(to: folder.appending(path: "ini"), atomically: true, encoding: .utf8)
        let process = Process()
        let input = Pipe()
        // no program that is started meanwhile may hold it open
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(filePath: "/bin/sh")
        // it refuses to run as root, and may have inherited a blocked SIGTERM
        let script = """
            user=; [ "$(id -u)" != 0 ] || user="-u postgres"
            PATH=$PATH:/usr/sbin; pgbouncer -q $user "$0/ini" > /dev/null 2>&1 < /dev/null & pid=$!
            cat > /dev/null; kill -9 $pid; wait $pid; rm -rf "$0"
            """
        process.arguments = ["-c", script, folder.path]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        keeper = input.fileHandleForWriting
        let socket = folder.appending(path: ".s.PGSQL.6432").path
        url = "postgresql://postgres@/\(parts.1)?port=6432&host=\(folder.path)"
        guard try await eventually({ FileManager.default.fileExists(atPath: socket) }) else {
            throw TestSupportError("pgbouncer did not start")
        }
    }

    deinit { try? keeper.close() }
}
