import ArgumentParser
import Foundation
import PostgresConnection
import QuollSchema

extension QInstall {
    func report(_ done: InstallPlan) {
        let version = SchemaSource.embedded.version
        switch done {
        case .nothing: printOut("version \(version) is installed already; nothing to do\n")
        case .install: printOut("installed version \(version)\n")
        case .upgrade(let from): printOut("upgraded from version \(from) to \(version)\n")
        }
    }

    /// Says what is there; the exit status tells a script whether this binary can work with it.
    func report(_ state: DatabaseState) throws {
        let version = SchemaSource.embedded.version
        let server = "PostgreSQL \(DatabaseState.serverName(state.serverVersion))"
        let installed: String
        var status = ExitStatus.success
        switch state.schema {
        case .absent:
            installed = "none"
            status = .notInstalled
        case .foreign(let schemas):
            installed = "none; schema \(schemas.joined(separator: " and ")) is not Quoll's"
            status = .foreignSchema
        case .installed(let found, let asExtension):
            let remark = found < version ? " (older: qinstall upgrade)" : found > version ? " (newer)" : ""
            installed = "\(found)\(remark)\(asExtension ? ", as an extension" : "")"
            status = found < version ? .olderSchema : found > version ? .newerSchema : .success
        }
        printOut("database   \(state.database) on \(server)\ninstalled  \(installed)\nbinary     \(version)\n")
        if status != .success { throw ExitCode(status.rawValue) }
    }

    func report(_ differences: [CatalogueDifference]) throws {
        let version = SchemaSource.embedded.version
        guard !differences.isEmpty else { return printOut("the schema is as version \(version) installs it\n") }
        for difference in differences { printOut("\(difference)\n") }
        let count = differences.count == 1 ? "1 difference" : "\(differences.count) differences"
        complain("\(count) from version \(version)")
        throw ExitCode(ExitStatus.differs.rawValue)
    }

    func reportUninstalled(_ version: SchemaVersion) {
        printOut("removed version \(version); its roles queue_* belong to the whole cluster and stay\n")
    }

    /// Ends the process when it cannot be written: what was to be done is done by then, and its report is lost.
    func printOut(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            complain("standard output cannot be written to")
            Foundation.exit(ExitStatus.failed.rawValue)
        }
    }

    func complain(_ message: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(ErrorLine(program: "qinstall", message))\n".utf8))
    }
}
