/// The cluster that the tests of one process share, and that goes when the process does, however it ends.
///
/// Each test makes a database of its own; the first of a kind is installed, the others are copies of it.
public actor TestCluster {
    private static let one = Task { try await TestCluster() }

    private let cluster: PrivateCluster
    private var templates: [String: Task<String, any Error>] = [:]
    private var count = 0

    private init() async throws {
        cluster = try await PrivateCluster(settings: ["max_connections=300", "max_prepared_transactions=20"])
    }

    /// The cluster of this process, started when first asked for. Its server is not to be stopped: for that, make a
    /// ``PrivateCluster``.
    public static func shared() async throws -> TestCluster { try await one.value }

    /// The URL of one of its databases, for one of its roles.
    public nonisolated func url(database: String = "quoll", role: String = "postgres") -> String {
        cluster.url(database: database, role: role)
    }

    /// Makes a database with nothing in it that another test put there.
    ///
    /// - Parameters:
    ///   - installed: Whether Quoll's schema is in it, by the files of `sql/` as they are now.
    ///   - withPgTAP: Whether the extension pgTAP is.
    /// - Returns: Its URL, for the superuser.
    public func makeDatabase(installed: Bool, withPgTAP: Bool = false) async throws -> String {
        let template = try await template(installed: installed, withPgTAP: withPgTAP)
        count += 1
        let name = "test_\(count)"
        try await psql(url(), "create database \(name) template \(template)")
        return url(database: name)
    }

    private func template(installed: Bool, withPgTAP: Bool) async throws -> String {
        guard installed || withPgTAP else { return "template0" }
        let name = (installed ? "installed" : "plain") + (withPgTAP ? "_with_pgtap" : "")
        let task = templates[name] ?? Task { try await self.makeTemplate(name, installed, withPgTAP) }
        templates[name] = task
        return try await task.value
    }

    private func makeTemplate(_ name: String, _ installed: Bool, _ withPgTAP: Bool) async throws -> String {
        try await psql(url(), "create database \(name)")
        if installed { try await psql(url(database: name), "begin;\n\\i sql/install.sql\ncommit;") }
        if withPgTAP { try await psql(url(database: name), "create extension pgtap") }
        return name
    }

    private func psql(_ url: String, _ script: String) async throws {
        let run = try await Command.psql(url, script)
        guard run.status == 0 else { throw TestSupportError("psql: \(run.errors)") }
    }
}
