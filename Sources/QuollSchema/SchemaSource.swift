/// The SQL that makes up one version of the schema, as the files of `sql/`.
///
/// `install.sql` is the table of contents of a fresh install; `routines.sql` is the part of it that every upgrade
/// replays (functions, views of the public API, grants); `migrations/A--B.sql` takes the tables from version A to B.
public struct SchemaSource: Sendable {
    /// The version that an install of this SQL records.
    public let version: SchemaVersion
    /// The text of each file, by its path below `sql/`.
    public let files: [String: String]
    /// What the catalogue holds after a fresh install of this SQL.
    public let catalogue: Catalogue

    public init(version: SchemaVersion, files: [String: String], catalogue: Catalogue = Catalogue()) {
        self.version = version
        self.files = files
        self.catalogue = catalogue
    }

    /// The SQL that this binary carries.
    public static let embedded = SchemaSource(
        version: SchemaVersion(0, 1, 0),
        files: EmbeddedFiles.below("sql/"),
        catalogue: Catalogue(text: EmbeddedFiles.text("Generated/catalogue.txt")))

    /// One script that makes a fresh install, without transaction control.
    ///
    /// - Throws: ``InstallerError`` with code `brokenSource` when a file that is named is missing.
    public func installScript() throws -> String {
        try expand("install.sql")
    }

    /// One script that takes an installed schema from `installed` to ``version``: the migrations on the way, in order,
    /// then all routines.
    ///
    /// - Throws: ``InstallerError`` with code `noUpgradePath` when a migration on the way is missing.
    public func upgradeScript(from installed: SchemaVersion) throws -> String {
        let steps = try migrations(from: installed).map { try expand($0) }
        return (steps + [try expand("routines.sql")]).joined(separator: "\n")
    }

    /// The paths of the migrations from `installed` to ``version``, in the order in which they run.
    func migrations(from installed: SchemaVersion) throws -> [String] {
        var path: [String] = []
        var reached = installed
        while reached < version {
            let next = migrationTargets(from: reached).filter { $0 > reached && $0 <= version }.min()
            guard let next else {
                throw InstallerError(
                    .noUpgradePath, "no upgrade from version \(installed) to \(version) is known",
                    hint: "nothing leads on from \(reached)")
            }
            path.append("migrations/\(reached)--\(next).sql")
            reached = next
        }
        return path
    }

    private func migrationTargets(from version: SchemaVersion) -> [SchemaVersion] {
        let prefix = "migrations/\(version)--"
        return files.keys.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".sql") }
            .compactMap { SchemaVersion($0.dropFirst(prefix.count).dropLast(4)) }
    }
}
