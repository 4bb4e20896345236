import Foundation

extension PrivateCluster {
    /// Stops the server in good order: transactions are rolled back, connections told to go.
    public func stop() async throws { try await control("-m fast -w stop") }

    /// Stops the server as a crash would: connections are cut, and the next start recovers from the log.
    public func kill() async throws { try await control("-m immediate -w stop") }

    /// Starts the server after ``stop()`` or ``kill()``; returns when it takes connections.
    public func start() async throws { try await control("-l \"$0/log\" -w start") }

    /// Runs `pg_ctl` of the server's own version, as the user whose the data is.
    private func control(_ action: String) async throws {
        // the server would inherit a pipe, and whoever reads it would wait for the server's end
        let script = """
            bin=$(head -n 1 "$0/data/postmaster.opts" | cut -d' ' -f1)
            user=$(stat -c %U "$0/data")
            as=; [ "$(id -un)" = "$user" ] || as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
            cd / && exec $as "$(dirname "$bin")/pg_ctl" -D "$0/data" \(action) > /dev/null 2>&1 < /dev/null
            """
        let done = try await Command.run("sh", ["-c", script, folder])
        guard done.status == 0 else { throw TestSupportError("pg_ctl \(action) failed in \(folder): \(done.errors)") }
    }
}
