import Testing

@testable import QuollSchema

/// What the installer decides on what it finds.
@Suite struct InstallPlanTests {
    private let version = SchemaVersion(0, 2, 0)

    private func state(_ schema: DatabaseState.Schema) -> DatabaseState {
        DatabaseState(
            schema: schema, serverVersion: 150018, database: "shop", role: "ann", owner: "ann", isOwner: true,
            missingRoles: [], mayCreateRoles: true, mayCreateSchemas: true)
    }

    private func refusal(_ state: DatabaseState, upgrade: Bool = false) -> InstallerError? {
        #expect(throws: InstallerError.self) {
            _ =
                upgrade
                ? try InstallPlan.upgrade(state, version: version) : try InstallPlan.install(state, version: version)
        }
    }

    @Test func `install makes the schema where there is none, and does nothing where it is`() throws {
        #expect(try InstallPlan.install(state(.absent), version: version) == .install)
        #expect(try InstallPlan.install(state(.installed(version, asExtension: false)), version: version) == .nothing)
        #expect(try InstallPlan.install(state(.installed(version, asExtension: true)), version: version) == .nothing)
    }

    @Test func `install does not upgrade, and says what does`() {
        let error = refusal(state(.installed(SchemaVersion(0, 1, 0), asExtension: false)))
        #expect(error?.code == .olderSchema)
        #expect(error?.hint == "qinstall upgrade")
    }

    @Test func `upgrade takes an older schema, and only that`() throws {
        let older = SchemaVersion(0, 1, 0)
        let plan = try InstallPlan.upgrade(state(.installed(older, asExtension: false)), version: version)
        #expect(plan == .upgrade(from: older))
        #expect(try InstallPlan.upgrade(state(.installed(version, asExtension: false)), version: version) == .nothing)
        #expect(refusal(state(.absent), upgrade: true)?.code == .notInstalled)
        #expect(refusal(state(.installed(older, asExtension: true)), upgrade: true)?.code == .partOfExtension)
    }

    @Test(arguments: [false, true])
    func `a newer schema is left alone`(upgrade: Bool) {
        let error = refusal(state(.installed(SchemaVersion(1, 0, 0), asExtension: false)), upgrade: upgrade)
        #expect(error?.code == .newerSchema)
    }

    @Test(arguments: [false, true])
    func `a schema of somebody else is left alone`(upgrade: Bool) {
        let error = refusal(state(.foreign(["queue"])), upgrade: upgrade)
        #expect(error?.code == .foreignSchema)
        #expect(error?.message == "database shop has a schema queue that is not Quoll's")
    }

    @Test(arguments: [(90624, "9.6.24"), (130014, "13.14")])
    func `a server older than 14 is refused by its version`(number: Int, name: String) {
        var state = state(.absent)
        state.serverVersion = number
        let error = refusal(state)
        #expect(error?.code == .serverTooOld)
        #expect(error?.message == "the server is PostgreSQL \(name), and 14 is the oldest that Quoll works on")
    }

    @Test(arguments: [140000, 180001])
    func `a server from 14 on is taken`(number: Int) throws {
        var state = state(.absent)
        state.serverVersion = number
        #expect(try InstallPlan.install(state, version: version) == .install)
    }

    @Test func `a role that may not create schemas is told what to ask for`() {
        var state = state(.absent)
        state.mayCreateSchemas = false
        #expect(refusal(state)?.code == .noPrivilege)
        #expect(refusal(state)?.hint == "grant create on database shop to ann")
    }

    @Test func `a role that may not create roles needs none when they are there`() throws {
        var state = state(.absent)
        state.mayCreateRoles = false
        #expect(try InstallPlan.install(state, version: version) == .install)
        state.missingRoles = ["queue_monitor", "queue_worker"]
        #expect(refusal(state)?.code == .noPrivilege)
        #expect(
            refusal(state)?.hint
                == "have an administrator run: create role queue_monitor nologin; create role queue_worker nologin")
    }

    @Test func `only the owner may upgrade`() {
        var state = state(.installed(SchemaVersion(0, 1, 0), asExtension: false))
        state.isOwner = false
        #expect(refusal(state, upgrade: true)?.code == .noPrivilege)
        #expect(refusal(state, upgrade: true)?.hint == "connect as ann")
    }
}
