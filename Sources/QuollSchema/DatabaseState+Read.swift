internal import PostgresConnection

extension DatabaseState {
    /// Reads the state of the connection's database, with the catalogue and, where it is ours, the recorded version.
    static func read(on connection: PostgresConnection) async throws -> DatabaseState {
        guard let row = try await connection.query(EmbeddedFiles.query("state")).first else {
            throw InstallerError(.failed, "the server did not describe its catalogue")
        }
        func names(_ column: String) -> [String] { row[column]?.split(separator: ",").map(String.init) ?? [] }
        func holds(_ column: String) -> Bool { row[column] == "t" }

        var schema = Schema.absent
        let schemas = names("schemas")
        if holds("has_installation") {
            let version = try await installedVersion(on: connection, byFunction: holds("has_version_function"))
            schema = .installed(version, asExtension: row["extension_version"] != nil)
        } else if !schemas.isEmpty {
            schema = .foreign(schemas)
        }
        return DatabaseState(
            schema: schema, serverVersion: connection.serverVersion,
            database: row["database"] ?? "", role: row["role"] ?? "", owner: row["owner"],
            isOwner: holds("is_owner"), missingRoles: names("missing_roles"),
            mayCreateRoles: holds("may_create_roles"), mayCreateSchemas: holds("may_create_schemas"))
    }

    private static func installedVersion(
        on connection: PostgresConnection, byFunction: Bool
    ) async throws -> SchemaVersion {
        let query = EmbeddedFiles.query(byFunction ? "version" : "recorded_version")
        let text = try await connection.query(query).first?["version"] ?? ""
        guard let version = SchemaVersion(text) else {
            throw InstallerError(.failed, "the installed schema records its version as '\(text)', which is none")
        }
        return version
    }
}
