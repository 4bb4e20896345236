public import PostgresConnection

/// Where a job is in its life. A newer schema may know more states.
public struct JobState: Sendable, Hashable, RawRepresentable, CustomStringConvertible, PostgresDecodable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init?(postgresText text: String) { self.init(rawValue: text) }

    public var description: String { rawValue }

    public static let scheduled = JobState(rawValue: "scheduled")
    public static let ready = JobState(rawValue: "ready")
    public static let blocked = JobState(rawValue: "blocked")
    public static let running = JobState(rawValue: "running")
    public static let retrying = JobState(rawValue: "retrying")
    public static let succeeded = JobState(rawValue: "succeeded")
    public static let skipped = JobState(rawValue: "skipped")
    public static let canceled = JobState(rawValue: "canceled")
    public static let dead = JobState(rawValue: "dead")
}
