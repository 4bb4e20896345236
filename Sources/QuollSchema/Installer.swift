public import PostgresConnection

/// Installs, upgrades, compares and removes the schema in one database.
///
/// Every action is one transaction that first takes the installer's lock: it happens wholly or not at all, and two at
/// once go one after the other. Errors are ``InstallerError``.
public struct Installer: Sendable {
    let connection: PostgresConnection
    let source: SchemaSource

    /// - Parameters:
    ///   - connection: A connection that nobody else uses meanwhile.
    ///   - source: The SQL to install, by default what this binary carries.
    public init(connection: PostgresConnection, source: SchemaSource = .embedded) {
        self.connection = connection
        self.source = source
    }

    /// What there is now.
    public func status() async throws -> DatabaseState {
        try await reading { try await DatabaseState.read(on: $0) }
    }

    /// Installs the schema where there is none.
    ///
    /// - Returns: What was done: `install`, or `nothing` when the version of this binary is there already.
    public func install() async throws -> InstallPlan {
        try await change { try InstallPlan.install($0, version: source.version) }
    }

    /// Brings an older schema to the version of this binary.
    ///
    /// - Returns: What was done: `upgrade(from:)`, or `nothing` when that version is there already.
    public func upgrade() async throws -> InstallPlan {
        try await change { try InstallPlan.upgrade($0, version: source.version) }
    }

    /// Plans on the state as it is under the lock, and does what was planned.
    private func change(
        _ plan: @Sendable (DatabaseState) throws -> InstallPlan
    ) async throws -> InstallPlan {
        try await exclusively { connection in
            let plan = try plan(try await DatabaseState.read(on: connection))
            switch plan {
            case .nothing: return plan
            case .install: try await connection.execute(try source.installScript())
            case .upgrade(let installed): try await connection.execute(try source.upgradeScript(from: installed))
            }
            let reached = try await DatabaseState.read(on: connection).schema
            guard case .installed(source.version, _) = reached else {
                throw InstallerError(.brokenSource, "the SQL of version \(source.version) does not record that version")
            }
            return plan
        }
    }

    /// Runs `body` in a transaction that sees one state and changes nothing.
    func reading<T: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await InstallerError.translating {
            try await connection.withTransaction { connection in
                try await connection.execute(EmbeddedFiles.query("begin_reading"))
                return try await body(connection)
            }
        }
    }

    /// Runs `body` in a transaction that holds the installer's lock.
    ///
    /// The lock is the database's, but roles are the cluster's: installs into two databases at once can both find a
    /// role missing and create it. The one that comes second fails whole, and is repeated.
    func exclusively<T: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await InstallerError.translating {
            for _ in 1..<Self.tries {
                do {
                    return try await exclusivelyOnce(body)
                } catch let error as PostgresError where InstallerError.isRaceForRoles(error) {
                    continue
                }
            }
            return try await exclusivelyOnce(body)
        }
    }

    private static let tries = 5

    private func exclusivelyOnce<T: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await connection.withTransaction { connection in
            try await connection.execute(EmbeddedFiles.query("begin"))
            return try await body(connection)
        }
    }
}
