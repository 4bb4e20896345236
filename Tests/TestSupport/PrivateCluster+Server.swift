import Foundation

extension PrivateCluster {
    /// Stops the server in good order: transactions are rolled back, connections told to go.
    public func stop() async throws { try await control("-m fast -w stop") }

    /// Stops the server as a crash would: connections are cut, and the next start recovers from the log.
    public func kill() async throws { try await control("-m immediate -w stop") }

    /// Starts the server after ``stop()`` or ``kill()``; returns when it takes connections.
    public func start() async throws { try await control("-l \"$0/log\" -w start") }

    /// Raises the cluster's transaction ids to those of a later epoch, 2^32 ids each. The server must be stopped.
    public func raise(epoch: Int) async throws { try await asServer("\"$bin/pg_resetwal\" -e \(epoch) \"$0/data\"") }

    /// Copies the running server's files, as pg_basebackup does, and starts a server on the copy; returns the folder of
    /// its socket.
    public func startPhysicalCopy() async throws -> String {
        let copy = "\(folder)/copy"
        try await asServer(
            """
            "$bin/pg_basebackup" -h "$0" -p 5432 -U postgres -c fast -D "\(copy)" &&
                "$bin/pg_ctl" -D "\(copy)" -o "-k '\(copy)'" -l "$0/copy.log" -w start
            """)
        return copy
    }

    /// Stops the server on the copy.
    public func stopPhysicalCopy() async throws {
        try await asServer("\"$bin/pg_ctl\" -D \"$0/copy\" -m immediate stop")
    }

    /// Runs `pg_ctl` for the server.
    private func control(_ action: String) async throws {
        try await asServer("\"$bin/pg_ctl\" -D \"$0/data\" \(action)")
    }

    /// Runs a command as the user whose the data is; in it `$0` is the folder, `$bin` that of the server's own programs.
    private func asServer(_ command: String) async throws {
        // the server would inherit a pipe, and whoever reads it would wait for the server's end
        let script = """
            bin=$(dirname "$(head -n 1 "$0/data/postmaster.opts" | cut -d' ' -f1)")
            user=$(stat -c %U "$0/data")
            as=; [ "$(id -un)" = "$user" ] || as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
            export bin; cd / && exec $as sh -c "$1" "$0" > /dev/null 2>&1 < /dev/null
            """
        let done = try await Command.run("sh", ["-c", script, folder, command])
        guard done.status == 0 else { throw TestSupportError("\(command) failed in \(folder): \(done.errors)") }
    }
}
