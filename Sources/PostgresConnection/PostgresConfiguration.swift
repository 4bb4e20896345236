import Foundation

/// Where a server is, and how to speak to it.
public struct PostgresConfiguration: Sendable {
    /// A libpq URI or connection string, handed to libpq as it is; empty for libpq's own `PG*` variables.
    var url: String
    /// What `pg_stat_activity` shows, unless the URL names something else.
    public var applicationName: String?
    /// How long connecting may take, to all hosts of the URL together; a slow name resolution is not cut short.
    public var connectTimeout: Duration = .seconds(10)
    /// Whether statements are prepared once per connection: faster. Behind a pooler, which may give each transaction
    /// another server connection, they are not, whatever is said here.
    public var preparedStatements = true

    public init(url: String) {
        self.url = url
    }

    /// The given URL, else `DATABASE_URL`, else libpq's `PG*` variables.
    public static func fromEnvironment(url: String? = nil) -> PostgresConfiguration {
        PostgresConfiguration(url: url ?? ProcessInfo.processInfo.environment["DATABASE_URL"] ?? "")
    }

    /// libpq's keywords and values. The URL comes as `dbname`, which libpq expands; it overrides what stands before it.
    var keywords: [(String, String)] {
        // A peer that is gone is found out after a minute, also in the middle of a statement.
        var pairs = [
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "60000"),
        ]
        if !url.isEmpty { pairs.append(("dbname", url)) }
        pairs.append(("fallback_application_name", applicationName ?? "quoll"))
        pairs.append(("client_encoding", "UTF8"))
        return pairs
    }
}
