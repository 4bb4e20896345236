import QuollSchema
import Testing

/// Naming how an installed schema differs.
@Suite struct VerifyTests {
    @Test func `a fresh install has no differences`() async throws {
        #expect(try await ScratchDatabase(installed: true).verify() == [])
    }

    @Test func `the embedded catalogue is what a fresh install makes`() async throws {
        let database = try await ScratchDatabase(installed: true)
        let found = try await database.withInstaller { try await $0.catalogue() }
        let differences = SchemaSource.embedded.catalogue.differences(to: found)
        #expect(differences == [], "the catalogue is out of date; run make catalogue")
    }

    @Test func `using the queue makes no difference`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(
            """
            select queue.create_queue('q');
            select queue.enqueue('q', 'k') from generate_series(1, 3);
            select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w', 2);
            select queue.maintain();
            """)
        #expect(try await database.verify() == [])
    }

    @Test(arguments: [
        (
            "create or replace function queue.version() returns text language plpgsql stable as $$begin return '0.1.0'; end$$",
            "function queue.version(): body differs"
        ),
        ("alter function queue.version() volatile", "function queue.version(): attributes"),
        ("drop function queue.channel(text)", "function queue.channel(text): missing"),
        (
            "grant execute on function queue.maintain() to public",
            "function queue.maintain(): grants to public: expected none, found execute"
        ),
        (
            "revoke usage on schema queue from queue_worker",
            "schema queue: grants to queue_worker: expected usage, found none"
        ),
        (
            "grant select on queue_internal.queue to queue_monitor",
            "table queue_internal.queue: grants to queue_monitor: expected none, found select"
        ),
        (
            "drop index queue_internal.delivery_lane",
            "table queue_internal.delivery index delivery_lane: missing"
        ),
        (
            "create index extra on queue_internal.queue (priority)",
            "table queue_internal.queue index extra: not part of this version"
        ),
        (
            "alter table queue_internal.queue alter column stripes set default 9",
            "table queue_internal.queue column stripes: definition: expected smallint not null default 8, "
                + "found smallint not null default 9"
        ),
        (
            "alter table queue_internal.queue add column colour text",
            "table queue_internal.queue column colour: not part of this version"
        ),
        (
            "alter table queue_internal.dead_letter drop constraint dead_letter_reason",
            "table queue_internal.dead_letter constraint dead_letter_reason: missing"
        ),
        ("comment on schema queue is 'mine'", "schema queue: comment"),
        ("alter type queue.verdict add value 'maybe'", "type queue.verdict: labels"),
        ("alter sequence queue_internal.job_id cycle", "sequence queue_internal.job_id: definition"),
        (
            "alter table queue_internal.queue owner to queue_operator",
            "table queue_internal.queue: owner: expected installer, found queue_operator"
        ),
        (
            "create function queue.mine() returns int language sql as 'select 1'",
            "function queue.mine(): not part of this version"
        ),
        (
            "alter table queue_internal.claim detach partition queue_internal.claim_2",
            "table queue_internal.claim_2: storage"
        ),
        (
            "create trigger mine before insert on queue_internal.queue execute function suppress_redundant_updates_trigger()",
            "table queue_internal.queue trigger mine: not part of this version"
        ),
        ("alter table queue_internal.queue enable row level security", "table queue_internal.queue: storage"),
    ])
    func `a change is named`(change: String, difference: String) async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(change)
        let differences = try await database.verify()
        #expect(differences.contains { $0.hasPrefix(difference) }, "\(differences)")
    }

    @Test func `a missing table is named once`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql("drop table queue_internal.dead_letter cascade")
        let differences = try await database.verify().filter { $0.contains("queue_internal.dead_letter") }
        #expect(differences == ["table queue_internal.dead_letter: missing"])
    }

    @Test func `an install by another role is the same`() async throws {
        let database = try await ScratchDatabase()
        try await database.sql(
            """
            do $$ begin create role landlord login createrole; exception when duplicate_object then null; end $$;
            select format('grant create on database %I to landlord', current_database()) \\gexec
            """)
        let url = database.url.replacing("postgres@", with: "landlord@")
        #expect(try await ScratchDatabase.withInstaller(url) { try await $0.install() } == .install)
        #expect(try await database.verify() == [])
    }
}
