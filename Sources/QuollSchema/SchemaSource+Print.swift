extension SchemaSource {
    /// A script for people whose administrator runs it: a fresh install, or the upgrade from `installed`, as one
    /// transaction of plain SQL that psql and any other client can run, taking the same lock as the installer.
    public func printedScript(upgradingFrom installed: SchemaVersion? = nil) throws -> String {
        let title = installed.map { "upgrade of the schema from version \($0) to \(version)" } ?? "schema \(version)"
        let body = try installed.map { try upgradeScript(from: $0) } ?? installScript()
        return """
            -- Quoll: \(title), as one transaction.

            begin;
            \(EmbeddedFiles.query("begin"))
            \(body)
            commit;

            """
    }
}
