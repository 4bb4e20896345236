import QuollSchema
import Testing

/// Upgrading a real database. No second version is released yet, so the later ones are made up here.
@Suite struct UpgradeTests {
    /// The embedded SQL as a version 0.3.0, which version 0.2.0 leads to.
    private func later(_ migration: String = "") -> SchemaSource {
        var files = SchemaSource.embedded.files
        let record = "insert into queue_internal.installation (version, installed_at) values"
        files["migrations/0.1.0--0.2.0.sql"] =
            "\(record) ('0.2.0', clock_timestamp()); alter table queue_internal.queue add column colour text;"
        files["migrations/0.2.0--0.3.0.sql"] = "\(record) ('0.3.0', clock_timestamp()); \(migration)"
        return SchemaSource(version: SchemaVersion(0, 3, 0), files: files)
    }

    @Test func `an upgrade runs the migrations, replays the routines and records the version`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql("drop function queue.channel(text)")
        let plan = try await database.withInstaller(later()) { try await $0.upgrade() }
        #expect(plan == .upgrade(from: SchemaVersion(0, 1, 0)))
        #expect(try await database.schema() == .installed(SchemaVersion(0, 3, 0), asExtension: false))
        #expect(try await database.sql("select colour is null from queue_internal.queue limit 1") == ["t"])
        #expect(try await database.sql("select queue.channel('q') <> ''").count == 1)
        let error = await #expect(throws: InstallerError.self) { try await database.verify() }
        #expect(error?.code == .newerSchema)
    }

    @Test func `an upgrade twice does nothing the second time`() async throws {
        let database = try await ScratchDatabase(installed: true)
        _ = try await database.withInstaller(later()) { try await $0.upgrade() }
        #expect(try await database.withInstaller(later()) { try await $0.upgrade() } == .nothing)
    }

    @Test func `an upgrade that fails leaves the old version as it was`() async throws {
        let database = try await ScratchDatabase(installed: true)
        let error = await #expect(throws: InstallerError.self) {
            try await database.withInstaller(later("select 1 / 0;")) { try await $0.upgrade() }
        }
        #expect(error?.code == .failed)
        #expect(try await database.verify() == [])
    }

    @Test func `jobs that wait are there after an upgrade`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql("select queue.enqueue('q', 'k') from generate_series(1, 3)")
        _ = try await database.withInstaller(later()) { try await $0.upgrade() }
        let claimed = try await database.sql("select kind from queue.claim_batch('q', 'w', 10)")
        #expect(claimed == ["k", "k", "k"])
    }
}
