import QuollSchema
import Testing

/// Removing the schema, and when not to.
@Suite struct UninstallTests {
    private func uninstall(_ database: ScratchDatabase, force: Bool = false) async throws -> SchemaVersion {
        try await database.withInstaller { try await $0.uninstall(force: force) }
    }

    @Test func `an idle schema goes without a trace but the roles, and can come again`() async throws {
        let database = try await ScratchDatabase(installed: true)
        #expect(try await uninstall(database) == SchemaSource.embedded.version)
        #expect(try await database.schema() == .absent)
        let roles = try await database.sql("select rolname from pg_roles where rolname like 'queue\\_%' order by 1")
        #expect(roles == ["queue_monitor", "queue_operator", "queue_producer", "queue_worker"])
        #expect(try await database.install() == .install)
        #expect(try await database.verify() == [])
    }

    @Test(arguments: [
        "select queue.enqueue('q', 'k')",
        "select queue.enqueue('q', 'k', run_at => now() + interval '1 year')",
        "select queue.enqueue('q', 'k'); select count(*) from queue.claim_batch('q', 'w')",
        "select queue.enqueue('q', 'k'); select queue.fail(job_id, lease_token, 'E') from queue.claim_batch('q', 'w')",
    ])
    func `a job that is live keeps the schema`(script: String) async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(script)
        let error = await #expect(throws: InstallerError.self) { try await uninstall(database) }
        #expect(error?.code == .liveJobs)
        #expect(error?.message == "queue q has jobs that are still to run, so nothing was removed")
        #expect(try await database.verify() == [])
        _ = try await uninstall(database, force: true)
        #expect(try await database.schema() == .absent)
    }

    @Test func `jobs that are done keep nothing`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(
            """
            select queue.enqueue('q', 'k');
            select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w');
            select queue.cancel(queue.enqueue('q', 'k'));
            select queue.enqueue('q', 'k');
            select queue.fail(job_id, lease_token, 'E', permanent => true) from queue.claim_batch('q', 'w');
            select queue.cancel(queue.enqueue('q', 'k'));
            """)
        _ = try await uninstall(database)
        #expect(try await database.schema() == .absent)
    }

    @Test(arguments: [
        ("create view public.mine as select * from queue.job", "view public.mine"),
        ("create table public.mine (v queue.verdict)", "table public.mine"),
        (
            "create function public.mine() returns queue.verdict language sql as 'select null::queue.verdict'",
            "function public.mine()"
        ),
        ("create table queue_internal.mine ()", "table queue_internal.mine"),
    ])
    func `what other people built on it, or in it, keeps the schema`(script: String, name: String) async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(script)
        let error = await #expect(throws: InstallerError.self) { try await uninstall(database) }
        #expect(error?.code == .dependents)
        #expect(
            error?.message.contains(name.replacing("public.", with: "")) == true
                || error?.message.contains(name) == true)
        _ = try await uninstall(database, force: true)
        #expect(try await database.schema() == .absent)
    }

    @Test func `nothing is removed where nothing is, nor what is not ours`() async throws {
        let database = try await ScratchDatabase()
        var error = await #expect(throws: InstallerError.self) { try await uninstall(database, force: true) }
        #expect(error?.code == .notInstalled)
        try await database.sql("create schema queue; create table queue.theirs ()")
        error = await #expect(throws: InstallerError.self) { try await uninstall(database, force: true) }
        #expect(error?.code == .foreignSchema)
        #expect(try await database.sql("select count(*) from queue.theirs") == ["0"])
    }
}
