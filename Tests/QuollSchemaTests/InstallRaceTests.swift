import PostgresConnection
import QuollSchema
import TestSupport
import Testing

/// Two installers at once, step by step: the second decides on what the first has left, never on what it found before.
@Suite struct InstallRaceTests {
    private static let old = SchemaSource.embedded.version
    private static let next = SchemaVersion(0, 2, 0)

    /// The embedded SQL with more at the end of its install, or as a version 0.2.0 with more at the end of its migration.
    private func source(_ version: SchemaVersion = old, ending last: String = "") -> SchemaSource {
        var files = SchemaSource.embedded.files
        files["install.sql"]? += "\n\(last)\n"
        files["migrations/0.1.0--0.2.0.sql"] = """
            alter table queue_internal.queue add column colour text;
            insert into queue_internal.installation (version, installed_at) values ('0.2.0', clock_timestamp());
            \(last)
            """
        return SchemaSource(version: version, files: files)
    }

    /// How the first one ends, once the second waits.
    enum Ending: CaseIterable { case well, badly, killed }

    /// Runs the second while the first stands at the gate, lets the first end, and tells what came of both.
    private func contest(
        _ race: InstallRace, ending: Ending = .well,
        first: (SchemaVersion, @Sendable (Installer) async throws -> InstallPlan),
        second: (SchemaVersion, @Sendable (Installer) async throws -> InstallPlan)
    ) async throws -> [InstallRace.Outcome] {
        let last = InstallRace.gate + (ending == .badly ? " select 1 / 0;" : "")
        let one = try await race.start(source(first.0, ending: last), first.1)
        try await race.arrives(one)
        let two = try await race.start(source(second.0), second.1)
        try await race.waits(two, for: one)
        if ending == .killed { try await race.kill(one) }
        try await race.open()
        return [try await one.outcome.value, try await two.outcome.value]
    }

    private static let install: @Sendable (Installer) async throws -> InstallPlan = { try await $0.install() }
    private static let upgrade: @Sendable (Installer) async throws -> InstallPlan = { try await $0.upgrade() }

    @Test(arguments: Ending.allCases)
    func `of two installs one makes the schema: the second, when the first fails`(_ ending: Ending) async throws {
        let race = try await InstallRace(installed: false)
        let outcomes = try await contest(
            race, ending: ending, first: (Self.old, Self.install), second: (Self.old, Self.install))
        #expect(
            outcomes == (ending == .well ? [.did(.install), .did(.nothing)] : [.refused(.failed), .did(.install)]))
        #expect(try await race.database.verify() == [])
        #expect(try await race.ask("select version from queue_internal.installation") == ["0.1.0"])
        await race.close()
    }

    @Test(arguments: Ending.allCases)
    func `of two upgrades one does it: the second, when the first fails`(_ ending: Ending) async throws {
        let race = try await InstallRace(installed: true)
        let outcomes = try await contest(
            race, ending: ending, first: (Self.next, Self.upgrade), second: (Self.next, Self.upgrade))
        let done = InstallRace.Outcome.did(.upgrade(from: Self.old))
        #expect(outcomes == (ending == .well ? [done, .did(.nothing)] : [.refused(.failed), done]))
        let versions = try await race.ask("select version from queue_internal.installation order by installed_at")
        #expect(versions == ["0.1.0", "0.2.0"])
        await race.close()
    }

    @Test(arguments: Ending.allCases)
    func `an upgrade that waits for an install upgrades what that made, or says that nothing is installed`(
        _ ending: Ending
    ) async throws {
        let race = try await InstallRace(installed: false)
        let outcomes = try await contest(
            race, ending: ending, first: (Self.old, Self.install), second: (Self.next, Self.upgrade))
        let isThere = ending == .well
        #expect(outcomes[1] == (isThere ? .did(.upgrade(from: Self.old)) : .refused(.notInstalled)))
        #expect(try await race.database.schema() == (isThere ? .installed(Self.next, asExtension: false) : .absent))
        await race.close()
    }

    @Test(arguments: Ending.allCases)
    func `an older binary's install that waits for an upgrade is told of the newer schema, if there is one`(
        _ ending: Ending
    ) async throws {
        let race = try await InstallRace(installed: true)
        let outcomes = try await contest(
            race, ending: ending, first: (Self.next, Self.upgrade), second: (Self.old, Self.install))
        #expect(outcomes[1] == (ending == .well ? .refused(.newerSchema) : .did(.nothing)))
        await race.close()
    }

    @Test func `an uninstall that waits for an upgrade removes the newer schema only if it is its own`() async throws {
        let race = try await InstallRace(installed: true)
        let uninstall: @Sendable (Installer) async throws -> InstallPlan = {
            _ = try await $0.uninstall(force: false)
            return .nothing
        }
        let outcomes = try await contest(race, first: (Self.next, Self.upgrade), second: (Self.old, uninstall))
        #expect(outcomes == [.did(.upgrade(from: Self.old)), .refused(.newerSchema)])
        #expect(try await race.database.schema() == .installed(Self.next, asExtension: false))
        await race.close()
    }

    @Test func `jobs are enqueued, claimed and completed while an upgrade is under way`() async throws {
        let race = try await InstallRace(installed: true)
        // no table changes, and every function is replaced, but not committed
        var files = SchemaSource.embedded.files
        files["migrations/0.1.0--0.2.0.sql"] =
            "insert into queue_internal.installation (version, installed_at) values ('0.2.0', clock_timestamp());"
        files["routines.sql"]? += "\n\(InstallRace.gate)\n"
        let runner = try await race.start(SchemaSource(version: Self.next, files: files), Self.upgrade)
        try await race.arrives(runner)
        let work = """
            select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w', 10)
            """
        #expect(try await race.ask("select queue.enqueue('q', 'k') > 0") == ["t"])
        #expect(try await race.ask(work) == ["ok"])
        #expect(try await race.ask("select queue.enqueue('q', 'k') > 0") == ["t"])
        try await race.open()
        #expect(try await runner.outcome.value == .did(.upgrade(from: Self.old)))
        #expect(try await race.ask(work) == ["ok"])
        await race.close()
    }

    @Test func `an upgrade waits for a transaction that has enqueued, and its job is there afterwards`() async throws {
        let race = try await InstallRace(installed: true)
        let producer = try await race.producer()
        try await producer.execute("begin; select queue.enqueue('q', 'k')")
        let runner = try await race.start(source(Self.next), Self.upgrade)
        try await race.waits(runner, for: producer)
        try await producer.execute("commit")
        #expect(try await runner.outcome.value == .did(.upgrade(from: Self.old)))
        #expect(try await race.ask("select kind from queue.claim_batch('q', 'w', 10)") == ["k"])
        await producer.close()
        await race.close()
    }
}
