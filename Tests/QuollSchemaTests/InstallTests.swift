import QuollSchema
import TestSupport
import Testing

/// Installing into a real database.
@Suite struct InstallTests {
    @Test func `an install records its version, and a second one does nothing`() async throws {
        let database = try await ScratchDatabase()
        #expect(try await database.schema() == .absent)
        #expect(try await database.install() == .install)
        #expect(try await database.schema() == .installed(SchemaSource.embedded.version, asExtension: false))
        #expect(try await database.sql("select queue.version()") == ["\(SchemaSource.embedded.version)"])
        #expect(try await database.install() == .nothing)
        #expect(try await database.sql("select count(*) from queue_internal.installation") == ["1"])
    }

    @Test func `of eight installs at once one makes the schema and the others find it made`() async throws {
        let database = try await ScratchDatabase()
        let done = try await withThrowingTaskGroup(of: InstallPlan.self) { group in
            for _ in 0..<8 { group.addTask { try await database.install() } }
            return try await group.reduce(into: [InstallPlan]()) { $0.append($1) }
        }
        #expect(done.filter { $0 == .install }.count == 1)
        #expect(done.filter { $0 == .nothing }.count == 7)
        #expect(try await database.verify() == [])
    }

    @Test func `installs into two databases of a new cluster at once both make it`() async throws {
        let cluster = try await PrivateCluster()
        let names = (1...6).map { "d\($0)" }
        for name in names { try await expectSuccess(Command.psql(cluster.url, "create database \(name)")) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask {
                    let plan = try await ScratchDatabase.withInstaller(cluster.url(database: name)) {
                        try await $0.install()
                    }
                    #expect(plan == .install)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `the owner of a database, no superuser, installs it, works with it and removes it`() async throws {
        let cluster = try await PrivateCluster()
        expectSuccess(try await Command.psql(cluster.url, "create role ann login createrole"))
        expectSuccess(try await Command.psql(cluster.url, "create database hers owner ann"))
        let url = cluster.url(database: "hers", role: "ann")
        #expect(try await ScratchDatabase.withInstaller(url) { try await $0.install() } == .install)
        #expect(try await ScratchDatabase.withInstaller(url) { try await $0.verify() } == [])
        let work = """
            select queue.create_queue('q', '{"backoff_base": "0 seconds", "max_attempts": 2}');
            select queue.enqueue('q', 'good'), queue.enqueue('q', 'bad'), queue.enqueue('q', 'never');
            select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w', 9, null, '{good}');
            select queue.fail(job_id, lease_token, 'E') from queue.claim_batch('q', 'w', 9, null, '{bad}');
            select queue.maintain();
            select queue.fail(job_id, lease_token, 'E') from queue.claim_batch('q', 'w', 9, null, '{bad}');
            select queue.cancel(job_id) from queue.list_jobs('q', 'ready');
            select count(*) from queue.health();
            """
        expectSuccess(try await Command.psql(url, work))
        let states = try await Command.psql(url, "select kind, state from queue.job order by 1")
        #expect(states.output == "bad|dead\ngood|succeeded\nnever|canceled\n", "\(states)")
        _ = try await ScratchDatabase.withInstaller(url) { try await $0.uninstall(force: false) }
    }

    @Test func `other people's objects are as they were`() async throws {
        let database = try await ScratchDatabase()
        try await database.sql(
            """
            create schema shop;
            create table shop.job(id bigint primary key, state text default 'ready');
            create function shop.enqueue(text) returns int language sql as 'select 1';
            insert into shop.job values (1);
            create table public.queue(name text);
            create type public.verdict as enum ('ok');
            """)
        let before = try await Command.run("pg_dump", ["-d", database.url])
        try await database.install()
        #expect(try await database.verify() == [])
        let dump = ["-d", database.url, "--exclude-schema=queue", "--exclude-schema=queue_internal"]
        let after = try await Command.run("pg_dump", dump)
        #expect(before.status == 0 && before.output.contains("shop.enqueue"))
        #expect(withoutKeys(after.output) == withoutKeys(before.output))
    }

    /// A dump's text without the random key that newer versions of pg_dump guard it with.
    private func withoutKeys(_ dump: String) -> [Substring] {
        dump.split(separator: "\n").filter { !$0.contains("restrict ") }
    }

    @Test func `an install that fails at its last statement leaves nothing`() async throws {
        let database = try await ScratchDatabase()
        var files = SchemaSource.embedded.files
        files["install.sql"]? += "\nselect 1 / 0;\n"
        let broken = SchemaSource(version: SchemaSource.embedded.version, files: files)
        let error = await #expect(throws: InstallerError.self) { try await database.install(broken) }
        #expect(error?.message == "division by zero [22012]")
        #expect(try await database.schema() == .absent)
        let left = "select nspname from pg_namespace where nspname like 'queue%'"
        #expect(try await database.sql(left) == [])
        #expect(try await database.install() == .install)
    }

    @Test func `SQL that records another version than it should is not installed`() async throws {
        let database = try await ScratchDatabase()
        let source = SchemaSource(version: SchemaVersion(7, 0, 0), files: SchemaSource.embedded.files)
        let error = await #expect(throws: InstallerError.self) { try await database.install(source) }
        #expect(error?.code == .brokenSource)
        #expect(try await database.schema() == .absent)
    }

    @Test func `settings of the role and the database do not bend an install`() async throws {
        let database = try await ScratchDatabase()
        let name = try await database.sql("select current_database()")[0]
        try await database.sql(
            """
            create schema trap;
            create function trap.now() returns timestamptz language sql as 'select null::timestamptz';
            alter database \(name) set search_path = trap, public;
            alter database \(name) set default_transaction_isolation = 'serializable';
            alter database \(name) set default_transaction_read_only = on;
            alter database \(name) set standard_conforming_strings = off;
            """)
        #expect(try await database.install() == .install)
        #expect(try await database.verify() == [])
    }

    @Test func `an install waits for another one as long as it takes, whatever the time-outs`() async throws {
        let database = try await ScratchDatabase()
        let name = try await database.sql("select current_database()")[0]
        try await database.sql(
            "alter database \(name) set lock_timeout = '200ms'; alter database \(name) set statement_timeout = '200ms'")
        // no to_regclass: its cache would not hear of the table while the loop runs
        let gate = """
            do $$ begin
                while not exists (select from pg_class where relname = 'gate') loop perform pg_sleep(0.05); end loop;
            end $$
            """
        let held = try SchemaSource.embedded.printedScript()
            .replacing("\ncommit;\n", with: "\n\(gate);\ncommit;\n")
        async let first: [String] = database.sql(held)
        try await database.sql(Self.untilLocks(granted: 1, wanted: 1))
        async let second = database.install()
        try await database.sql(Self.untilLocks(granted: 1, wanted: 2))
        // longer than the time-outs
        try await Task.sleep(for: .seconds(1))
        try await database.sql("create table public.gate ()")
        #expect(try await second == .nothing)
        _ = try await first
    }

    /// A script that waits until so many advisory locks are wanted in its database, and so many of them granted; fails with
    /// the sessions of the database when that never comes.
    private static func untilLocks(granted: Int, wanted: Int) -> String {
        """
        set statement_timeout = 0;
        do $$ begin
            for n in 1 .. 4000 loop
                if (select (count(*) filter (where granted), count(*)) = (\(granted), \(wanted)) from pg_locks
                    where locktype = 'advisory'
                        and database = (select oid from pg_database where datname = current_database()))
                then
                    return;
                end if;
                perform pg_sleep(0.1);
            end loop;
            raise exception 'advisory locks: %, sessions: %', (select json_agg(l) from pg_locks as l where locktype = 'advisory'), (
                select string_agg(concat_ws(' ', pid, state, wait_event_type, wait_event, left(query, 60)), '; ')
                from pg_stat_activity where datname = current_database());
        end $$
        """
    }

    @Test func `the printed script makes in psql what an install makes`() async throws {
        let installed = try await ScratchDatabase(installed: true)
        let printed = try await ScratchDatabase()
        try await printed.sql(try SchemaSource.embedded.printedScript())
        #expect(try await printed.verify() == [])
        let expected = try await installed.withInstaller { try await $0.catalogue() }
        let found = try await printed.withInstaller { try await $0.catalogue() }
        #expect(!expected.isEmpty)
        #expect(expected == found)
    }

    @Test func `a printed script that fails leaves nothing, even where psql goes on after errors`() async throws {
        let database = try await ScratchDatabase()
        let script = try SchemaSource.embedded.printedScript()
            .replacing(
                "create type queue.verdict", with: "create type queue.nonsense nonsense; create type queue.verdict")
        _ = try await Command.psql(database.url, script, goingOnAfterErrors: true)
        #expect(try await database.schema() == .absent)
        try await database.sql(try SchemaSource.embedded.printedScript())
        #expect(try await database.verify() == [])
    }

    private func expectSuccess(_ command: Command) {
        #expect(command.status == 0, "\(command.errors)")
    }
}
