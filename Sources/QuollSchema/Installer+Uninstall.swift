internal import PostgresConnection

extension Installer {
    /// Removes the schema with everything in it. The roles stay: they belong to the whole cluster.
    ///
    /// - Parameter force: Removes jobs that are still to run, and other people's objects that depend on the schema or
    ///   stand in it. Without it these are refused with the codes `liveJobs` and `dependents`.
    /// - Returns: The version that was removed.
    public func uninstall(force: Bool) async throws -> SchemaVersion {
        try await exclusively { connection in
            let state = try await DatabaseState.read(on: connection)
            let version = try InstallPlan.checkRemovable(state, version: source.version)
            try await connection.execute(EmbeddedFiles.query("lock_tables"))
            if !force {
                try await refuseLiveJobs(on: connection)
                try await refuseDependents(on: connection, comparable: version == source.version)
            }
            try await connection.execute(EmbeddedFiles.query("drop"))
            return version
        }
    }

    private func refuseLiveJobs(on connection: PostgresConnection) async throws {
        let queues = try await connection.query(EmbeddedFiles.query("live_queues")).compactMap { $0["queue"] }
        guard !queues.isEmpty else { return }
        let names = queues.prefix(5).joined(separator: ", ") + (queues.count > 5 ? " and others" : "")
        throw InstallerError(
            .liveJobs, "queue \(names) has jobs that are still to run, so nothing was removed",
            hint: "--force removes them with the rest")
    }

    private func refuseDependents(on connection: PostgresConnection, comparable: Bool) async throws {
        var objects = try await connection.query(EmbeddedFiles.query("dependents")).compactMap { $0["object"] }
        if comparable {
            let differences = source.catalogue.differences(to: try await Catalogue.read(on: connection))
            objects += differences.filter { $0.kind == .unexpected && !$0.object.hasPrefix("role ") }.map(\.object)
        }
        guard !objects.isEmpty else { return }
        throw InstallerError(
            .dependents, "these are not Quoll's and would be removed too: \(objects.joined(separator: "; "))",
            hint: "--force removes them with the rest")
    }
}
