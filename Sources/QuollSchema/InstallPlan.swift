/// What an action of the installer will do to a database in a given state; or, thrown, why it will not.
public enum InstallPlan: Sendable, Equatable {
    /// The schema is there at the version of this binary.
    case nothing
    case install
    case upgrade(from: SchemaVersion)

    /// The plan for `install`: only a database without the schema is changed.
    public static func install(_ state: DatabaseState, version: SchemaVersion) throws -> InstallPlan {
        switch state.schema {
        case .absent:
            try checkServer(state)
            try checkPrivileges(state)
            return .install
        case .installed(version, _): return .nothing
        case .installed(let older, _) where older < version: throw InstallerError.older(older, than: version)
        case .installed(let newer, _): throw InstallerError.newer(newer, than: version)
        case .foreign(let schemas): throw InstallerError.foreign(schemas, in: state)
        }
    }

    /// The plan for `upgrade`: an older schema is brought to `version`.
    public static func upgrade(_ state: DatabaseState, version: SchemaVersion) throws -> InstallPlan {
        switch state.schema {
        case .absent: throw InstallerError.absent(in: state)
        case .installed(version, _): return .nothing
        case .installed(let newer, _) where newer > version: throw InstallerError.newer(newer, than: version)
        case .installed(_, asExtension: true):
            throw InstallerError.partOfExtension(hint: "alter extension quoll update to '\(version)'")
        case .installed(let older, asExtension: false):
            try checkServer(state)
            try checkOwner(state, to: "upgrade")
            try checkPrivileges(state)
            return .upgrade(from: older)
        case .foreign(let schemas): throw InstallerError.foreign(schemas, in: state)
        }
    }

    /// Whether the schema may be compared with the one of `version`.
    static func checkComparable(_ state: DatabaseState, version: SchemaVersion) throws {
        switch state.schema {
        case .absent: throw InstallerError.absent(in: state)
        case .installed(version, _): return
        case .installed(let older, _) where older < version: throw InstallerError.older(older, than: version)
        case .installed(let newer, _): throw InstallerError.newer(newer, than: version)
        case .foreign(let schemas): throw InstallerError.foreign(schemas, in: state)
        }
    }

    /// Whether the schema may be removed, as far as its catalogue tells; returns its version.
    static func checkRemovable(_ state: DatabaseState, version: SchemaVersion) throws -> SchemaVersion {
        switch state.schema {
        case .absent: throw InstallerError.absent(in: state)
        case .foreign(let schemas): throw InstallerError.foreign(schemas, in: state)
        case .installed(_, asExtension: true): throw InstallerError.partOfExtension(hint: "drop extension quoll")
        case .installed(let newer, _) where newer > version: throw InstallerError.newer(newer, than: version)
        case .installed(let installed, _):
            try checkOwner(state, to: "remove")
            return installed
        }
    }

    private static func checkServer(_ state: DatabaseState) throws {
        guard state.serverVersion < DatabaseState.oldestServer * 10000 else { return }
        throw InstallerError(
            .serverTooOld,
            "the server is PostgreSQL \(DatabaseState.serverName(state.serverVersion)), "
                + "and \(DatabaseState.oldestServer) is the oldest that Quoll works on")
    }

    private static func checkPrivileges(_ state: DatabaseState) throws {
        if state.schema == .absent, !state.mayCreateSchemas {
            throw InstallerError(
                .noPrivilege, "role \(state.role) may not create schemas in database \(state.database)",
                hint: "grant create on database \(state.database) to \(state.role)")
        }
        if !state.missingRoles.isEmpty, !state.mayCreateRoles {
            let statements = state.missingRoles.map { "create role \($0) nologin" }.joined(separator: "; ")
            throw InstallerError(
                .noPrivilege,
                "role \(state.role) may not create the missing roles \(state.missingRoles.joined(separator: ", "))",
                hint: "have an administrator run: \(statements)")
        }
    }

    private static func checkOwner(_ state: DatabaseState, to verb: String) throws {
        guard !state.isOwner else { return }
        let owner = state.owner ?? "another role"
        throw InstallerError(
            .noPrivilege, "role \(state.role) may not \(verb) the schema, which belongs to \(owner)",
            hint: "connect as \(owner)")
    }
}
