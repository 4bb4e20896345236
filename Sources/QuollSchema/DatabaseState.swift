/// What the installer finds in a database, before it does anything.
public struct DatabaseState: Sendable {
    /// Who the schema belongs to.
    public enum Schema: Sendable, Equatable {
        case absent
        /// Ours, at this version; through the extension `quoll`, or plain.
        case installed(SchemaVersion, asExtension: Bool)
        /// Schemas of our names that are not ours.
        case foreign([String])
    }

    public var schema: Schema
    /// As the server gives it: 150018 for 15.18.
    public var serverVersion: Int
    public var database: String
    public var role: String
    /// The owner of an installed schema.
    public var owner: String?
    /// Whether the current role may act as that owner.
    public var isOwner: Bool
    /// The roles of Quoll that this cluster does not have.
    public var missingRoles: [String]
    public var mayCreateRoles: Bool
    public var mayCreateSchemas: Bool

    /// The oldest server that the SQL works on.
    public static let oldestServer = 14

    /// A server's version as people write it: `15.18` for 150018, `9.6.24` for 90624.
    public static func serverName(_ version: Int) -> String {
        version >= 100_000
            ? "\(version / 10000).\(version % 10000)"
            : "\(version / 10000).\(version / 100 % 100).\(version % 100)"
    }
}
