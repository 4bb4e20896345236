import Foundation
import QuollSchema
import TestSupport
import Testing

/// `make install` and `create extension quoll`, beside the plain install.
@Suite struct ExtensionTests {
    private static let shared = Task { try await PrivateCluster(withExtension: true) }
    private let cluster: PrivateCluster

    init() async throws {
        cluster = try await Self.shared.value
    }

    /// Makes a database and runs a script in it; returns its URL.
    private func database(_ script: String = "") async throws -> String {
        let name = "d" + UUID().uuidString.replacing("-", with: "").lowercased()
        try await sql(cluster.url, "create database \(name)")
        let url = cluster.url(database: name)
        try await sql(url, script)
        return url
    }

    @discardableResult
    private func sql(_ url: String, _ script: String) async throws -> [String] {
        let outcome = try await Command.psql(url, script)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private func install(_ url: String) async throws {
        #expect(try await ScratchDatabase.withInstaller(url) { try await $0.install() } == .install)
    }

    private func catalogue(_ url: String) async throws -> Catalogue {
        try await ScratchDatabase.withInstaller(url) { try await $0.catalogue() }
    }

    private func differences(_ url: String) async throws -> [String] {
        try await ScratchDatabase.withInstaller(url) { try await $0.verify() }.map(\.description)
    }

    /// The objects that belong to the extension.
    private func members(_ url: String) async throws -> [String] {
        try await sql(
            url,
            """
            select pg_describe_object(d.classid, d.objid, d.objsubid) from pg_depend d
            join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
            where d.deptype = 'e' and e.extname = 'quoll' order by 1
            """)
    }

    /// Dumps a database and restores it as a new one; returns the copy's URL.
    private func copy(_ url: String) async throws -> String {
        let dump = try await Command.run("pg_dump", ["-d", url])
        #expect(dump.status == 0, "\(dump.errors)")
        return try await database(dump.output)
    }

    /// Three jobs that wait, one that is done and one that is dead.
    private let someJobs = """
        select queue.create_queue('mail', '{"max_attempts": 7}');
        select queue.enqueue('mail', 'send', '{"to": 1}') from generate_series(1, 5);
        select queue.complete(job_id, lease_token, '{"sent": true}') from queue.claim_batch('mail', 'w', 1);
        select queue.fail(job_id, lease_token, 'E', 'no', permanent => true) from queue.claim_batch('mail', 'w', 1);
        """

    /// What somebody who works with the copy finds in it, and can do with it.
    private func expectSomeJobs(_ url: String) async throws {
        let states = "select state, count(*) from queue.job group by 1 order by 1"
        #expect(try await sql(url, states) == ["dead|1", "ready|3", "succeeded|1"])
        #expect(try await sql(url, "select max_attempts from queue.job where queue = 'mail' limit 1") == ["7"])
        try await sql(url, "select queue.maintain()")
        let claim = "select attempt, payload from queue.claim_batch('mail', 'w', 10)"
        #expect(try await sql(url, claim) == Array(repeating: #"1|{"to": 1}"#, count: 3))
        #expect(try await sql(url, "select count(*) from queue.claim_batch('mail', 'w', 10)") == ["0"])
        #expect(try await sql(url, "select queue.enqueue('mail', 'send') > 5") == ["t"])
        #expect(try await sql(url, "select count(*) from queue.claim_batch('mail', 'w', 10)") == ["1"])
    }

    @Test func `create extension makes what a plain install makes`() async throws {
        let plain = try await database()
        try await install(plain)
        let packaged = try await database("create extension quoll")
        #expect(try await catalogue(plain) == catalogue(packaged))
        #expect(try await differences(packaged) == [])
        let state = try await ScratchDatabase.withInstaller(packaged) { try await $0.status() }
        #expect(state.schema == .installed(SchemaSource.embedded.version, asExtension: true))
    }

    @Test func `every table and sequence of the extension is dumped`() async throws {
        let url = try await database("create extension quoll")
        let left = """
            select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('queue', 'queue_internal') and c.relkind in ('r', 'p', 'S')
                and c.oid <> all ((select extconfig from pg_extension where extname = 'quoll')::oid[])
            """
        #expect(try await sql(url, left) == [])
    }

    @Test func `a role that may create schemas makes the extension, and owns what it makes`() async throws {
        let url = try await database(
            """
            create role ann login createrole;
            select format('grant create on database %I to ann', current_database()) \\gexec
            """)
        try await sql(url.replacing("postgres@", with: "ann@"), "create extension quoll")
        #expect(try await sql(url, "select nspowner::regrole from pg_namespace where nspname = 'queue'") == ["ann"])
        #expect(try await differences(url) == [])
    }

    @Test func `a dump of a plain install, restored, has its jobs and works on`() async throws {
        let plain = try await database()
        try await install(plain)
        try await sql(plain, someJobs)
        let restored = try await copy(plain)
        #expect(try await differences(restored) == [])
        try await expectSomeJobs(restored)
    }

    @Test func `a dump of the extension, restored, has its jobs and works on`() async throws {
        let packaged = try await database("create extension quoll; \(someJobs)")
        let restored = try await copy(packaged)
        #expect(try await differences(restored) == [])
        #expect(try await members(restored) == members(packaged))
        try await expectSomeJobs(restored)
    }

    @Test func `a dump restored into a cluster whose transactions are numbered lower works on`() async throws {
        let plain = try await database()
        try await install(plain)
        let spend = "do $$ begin for i in 1..3000 loop perform pg_current_xact_id(); commit; end loop; end $$"
        try await sql(plain, "\(spend); \(someJobs)")
        let dump = try await Command.run("pg_dump", ["-d", plain])
        let other = try await PrivateCluster()
        try await sql(
            other.url,
            """
            create role queue_producer nologin; create role queue_worker nologin;
            create role queue_operator nologin; create role queue_monitor nologin;
            """)
        try await sql(other.url, dump.output)
        #expect(try await differences(other.url) == [])
        try await expectSomeJobs(other.url)
    }

    @Test func `a plain install becomes the extension and keeps its jobs`() async throws {
        let plain = try await database()
        try await install(plain)
        try await sql(plain, someJobs)
        try await sql(plain, "create extension quoll version unpackaged; alter extension quoll update")
        let packaged = try await database("create extension quoll")
        #expect(try await members(plain) == members(packaged))
        #expect(try await differences(plain) == [])
        let configuration = "select extconfig::regclass[], extcondition from pg_extension where extname = 'quoll'"
        #expect(try await sql(plain, configuration) == sql(packaged, configuration))
        try await expectSomeJobs(try await copy(plain))
    }

    @Test func `there is no plain install to make an extension of`() async throws {
        let url = try await database()
        let outcome = try await Command.psql(url, "create extension quoll version unpackaged")
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("there is no plain install of quoll in this database"))
    }

    @Test func `the installer leaves the extension to its own commands, which remove everything`() async throws {
        let url = try await database("create extension quoll; \(someJobs)")
        #expect(try await ScratchDatabase.withInstaller(url) { try await $0.install() } == .nothing)
        let error = await #expect(throws: InstallerError.self) {
            try await ScratchDatabase.withInstaller(url) { try await $0.uninstall(force: true) }
        }
        #expect(error?.code == .partOfExtension)
        #expect(error?.hint == "drop extension quoll")
        try await sql(url, "drop extension quoll")
        let state = try await ScratchDatabase.withInstaller(url) { try await $0.status() }
        #expect(state.schema == .absent)
    }
}
