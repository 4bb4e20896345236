internal import PostgresConnection

extension Installer {
    /// Every difference between the installed schema and the one that this binary carries; none when it is as installed.
    public func verify() async throws -> [CatalogueDifference] {
        try await reading { connection in
            let state = try await DatabaseState.read(on: connection)
            try InstallPlan.checkComparable(state, version: source.version)
            return source.catalogue.differences(to: try await Catalogue.read(on: connection))
        }
    }

    /// What the catalogue of this database says about the schema now.
    public func catalogue() async throws -> Catalogue {
        try await reading { try await Catalogue.read(on: $0) }
    }
}

extension Catalogue {
    /// Reads the facts in the current transaction, whose search_path must be `pg_catalog`.
    static func read(on connection: PostgresConnection) async throws -> Catalogue {
        var catalogue = Catalogue()
        catalogue.postgresMajor = connection.serverVersion / 10000
        for row in try await connection.query(EmbeddedFiles.query("catalogue")) {
            guard let object = row["object"], let property = row["property"], let value = row["value"] else { continue }
            catalogue.add(object: object, property: property, value: value)
        }
        return catalogue
    }
}
