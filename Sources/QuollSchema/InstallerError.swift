/// Why the installer did not do what it was asked to.
public struct InstallerError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        private let name: String

        /// No server, or no such database, could be reached.
        public static let noServer = Code(name: "noServer")
        /// The server refused who we say we are.
        public static let wrongPassword = Code(name: "wrongPassword")
        /// The role may not do what is needed.
        public static let noPrivilege = Code(name: "noPrivilege")
        /// The server is older than PostgreSQL 14.
        public static let serverTooOld = Code(name: "serverTooOld")
        /// The database holds a newer version of the schema than this binary.
        public static let newerSchema = Code(name: "newerSchema")
        /// The database holds an older version of the schema, which an upgrade takes to this binary's.
        public static let olderSchema = Code(name: "olderSchema")
        /// A schema named `queue` or `queue_internal` stands there that is not Quoll's.
        public static let foreignSchema = Code(name: "foreignSchema")
        /// Quoll is not installed in this database.
        public static let notInstalled = Code(name: "notInstalled")
        /// Jobs are still to run, so nothing was removed.
        public static let liveJobs = Code(name: "liveJobs")
        /// Other people's objects depend on the schema, so nothing was removed.
        public static let dependents = Code(name: "dependents")
        /// The schema belongs to the extension `quoll` and is managed through it.
        public static let partOfExtension = Code(name: "partOfExtension")
        /// No chain of migrations leads from the installed version to this binary's.
        public static let noUpgradePath = Code(name: "noUpgradePath")
        /// The SQL that was to run does not fit together.
        public static let brokenSource = Code(name: "brokenSource")
        /// The server refused a statement for any other reason.
        public static let failed = Code(name: "failed")
    }

    public let code: Code
    /// What happened, in one line.
    public let message: String
    /// What to do about it, in one line, where that is known.
    public let hint: String?

    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message.inOneLine
        self.hint = hint?.inOneLine
    }

    public var description: String {
        hint.map { "\(message) (\($0))" } ?? message
    }
}

extension String {
    /// The text with every run of white space, line ends among it, made one space.
    var inOneLine: String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
