import ArgumentParser
import Logging
import PostgresConnection
import QuollSchema

/// The installer's command line: parses, connects, does one action, says what it did in a line.
struct QInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qinstall",
        abstract: "Installs the Quoll schema into a Postgres database, and looks after it.",
        discussion: Action.help + "\n\n" + ExitStatus.help,
        version: "\(SchemaSource.embedded.version)")

    @Option(
        name: .customLong("database-url"),
        help: "The database, as a libpq URL or conninfo string; otherwise DATABASE_URL, otherwise PGHOST and the rest.")
    var databaseURL: String?

    @Argument(help: "What to do: \(Action.allCases.map(\.rawValue).joined(separator: ", ")).")
    var action: Action

    @Flag(help: "With uninstall: yes, remove the schema with every job in it.")
    var yes = false

    @Flag(help: "With uninstall: even while jobs are live, or other people's objects depend on it.")
    var force = false

    @Option(help: "With print: the upgrade from this version, not a fresh install.")
    var from: String?

    func validate() throws {
        if yes || force, action != .uninstall { throw ValidationError("--yes and --force go with uninstall") }
        if let from {
            guard action == .print else { throw ValidationError("--from goes with print") }
            guard SchemaVersion(from) != nil else { throw ValidationError("'\(from)' is not a version such as 0.1.0") }
        }
    }

    func run() async throws {
        do {
            if action == .print {
                printOut(try SchemaSource.embedded.printedScript(upgradingFrom: from.flatMap { SchemaVersion($0) }))
            } else {
                try await runOnDatabase()
            }
        } catch let error as InstallerError {
            complain("\(error)")
            throw ExitCode(ExitStatus(error.code).rawValue)
        }
    }

    private func runOnDatabase() async throws {
        if action == .uninstall, !yes {
            complain("uninstall removes the schema with every job in it (say --yes if that is what you want)")
            throw ExitCode(ExitStatus.unconfirmed.rawValue)
        }
        var configuration = PostgresConfiguration.fromEnvironment(url: databaseURL)
        configuration.applicationName = "qinstall"
        let settings = configuration
        let connection = try await InstallerError.translating {
            try await PostgresConnection.connect(settings, logger: Self.silent)
        }
        do {
            try await perform(Installer(connection: connection))
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// What goes wrong is told in one line of our own.
    private static let silent = Logger(label: "qinstall") { _ in SwiftLogNoOpLogHandler() }

    private func perform(_ installer: Installer) async throws {
        switch action {
        case .install: report(try await installer.install())
        case .upgrade: report(try await installer.upgrade())
        case .status: try report(try await installer.status())
        case .verify: try report(try await installer.verify())
        case .uninstall: reportUninstalled(try await installer.uninstall(force: force))
        case .catalogue: printOut(try await installer.catalogue().text)
        case .print: break
        }
    }
}
