/// The refusals that a database's state calls for, worded once.
extension InstallerError {
    static func absent(in state: DatabaseState) -> InstallerError {
        InstallerError(
            .notInstalled, "Quoll is not installed in database \(state.database)", hint: "qinstall install")
    }

    static func older(_ installed: SchemaVersion, than version: SchemaVersion) -> InstallerError {
        InstallerError(
            .olderSchema, "version \(installed) is installed, and this binary carries \(version)",
            hint: "qinstall upgrade")
    }

    static func newer(_ installed: SchemaVersion, than version: SchemaVersion) -> InstallerError {
        InstallerError(
            .newerSchema, "version \(installed) is installed, newer than \(version), which this binary carries",
            hint: "use the qinstall of version \(installed)")
    }

    static func foreign(_ schemas: [String], in state: DatabaseState) -> InstallerError {
        InstallerError(
            .foreignSchema,
            "database \(state.database) has a schema \(schemas.joined(separator: " and ")) that is not Quoll's",
            hint: "rename it, or use another database")
    }

    static func partOfExtension(hint: String) -> InstallerError {
        InstallerError(.partOfExtension, "the schema belongs to the extension quoll", hint: hint)
    }
}
