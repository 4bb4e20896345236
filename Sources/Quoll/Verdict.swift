public import PostgresConnection

/// What became of a settle call or a heartbeat. A lost lease is no error.
public enum Verdict: String, Sendable, PostgresDecodable {
    /// Done.
    case ok
    /// The lease was lost: it expired, or the attempt was settled before. Nothing changed.
    case stale
    /// The job was canceled meanwhile.
    case canceled
    /// There is no such job.
    case missing

    public init?(postgresText text: String) { self.init(rawValue: text) }
}
