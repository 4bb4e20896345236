import ArgumentParser
import Foundation
import Logging
import PostgresConnection
import Quoll

/// The options that every command has.
struct Session: ParsableArguments {
    @Option(
        name: .customLong("database-url"),
        help: "The database, as a libpq URL or conninfo string; otherwise DATABASE_URL, otherwise PGHOST and the rest.")
    var databaseURL: String?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    /// Runs `body` with a client, and turns an error into a line and an exit status.
    func run(_ body: @Sendable (QuollClient) async throws -> Void) async throws {
        var configuration = PostgresConfiguration.fromEnvironment(url: databaseURL)
        configuration.applicationName = "qctl"
        let silent = Logger(label: "qctl") { _ in SwiftLogNoOpLogHandler() }
        do {
            let client = try await QuollClient.connect(configuration, logger: silent)
            do {
                try await body(client)
            } catch {
                await client.connection.close()
                throw error
            }
            await client.connection.close()
        } catch let error as QuollError {
            FileHandle.standardError.write(Data("\(ErrorLine(program: "qctl", "\(error)"))\n".utf8))
            throw ExitCode(Self.status(error.code))
        }
    }

    private static func status(_ code: QuollError.Code) -> Int32 {
        switch code {
        case .connection, .timeout: 2
        case .notFound: 3
        default: 1
        }
    }
}
