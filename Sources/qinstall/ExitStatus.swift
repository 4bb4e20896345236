import QuollSchema

/// The exit statuses, each with one meaning. 64 is the argument parser's, for a command line that it does not understand.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case failed = 1
    case noServer = 2
    case wrongPassword = 3
    case noPrivilege = 4
    case serverTooOld = 5
    case newerSchema = 6
    case foreignSchema = 7
    case differs = 8
    case notInstalled = 9
    case olderSchema = 10
    case liveJobs = 11
    case dependents = 12
    case unconfirmed = 13
    case partOfExtension = 14

    init(_ code: InstallerError.Code) {
        let statuses: [InstallerError.Code: ExitStatus] = [
            .noServer: .noServer, .wrongPassword: .wrongPassword, .noPrivilege: .noPrivilege,
            .serverTooOld: .serverTooOld, .newerSchema: .newerSchema, .foreignSchema: .foreignSchema,
            .notInstalled: .notInstalled, .olderSchema: .olderSchema, .liveJobs: .liveJobs,
            .dependents: .dependents, .partOfExtension: .partOfExtension,
        ]
        self = statuses[code] ?? .failed
    }

    var meaning: String {
        switch self {
        case .success: "done"
        case .failed: "the server refused a statement, no upgrade is known, or output failed"
        case .noServer: "no such server or database"
        case .wrongPassword: "the server refused the user or password"
        case .noPrivilege: "the role may not do this"
        case .serverTooOld: "Postgres older than \(DatabaseState.oldestServer)"
        case .newerSchema: "the schema is newer than this binary"
        case .foreignSchema: "a schema named queue is there that is not Quoll's"
        case .differs: "verify found differences"
        case .notInstalled: "Quoll is not installed there"
        case .olderSchema: "the schema is older than this binary: upgrade"
        case .liveJobs: "uninstall: jobs are live"
        case .dependents: "uninstall: other people's objects would go too"
        case .unconfirmed: "uninstall: --yes is missing"
        case .partOfExtension: "the schema belongs to the extension quoll"
        }
    }

    static var help: String {
        let lines = allCases.map { status in
            "\(status.rawValue < 10 ? "   " : "  ")\(status.rawValue)  \(status.meaning)"
        }
        return "Exit statuses:\n" + lines.joined(separator: "\n")
    }
}
