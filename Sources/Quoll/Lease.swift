internal import PostgresConnection

/// Which attempt a call is about.
public struct Lease: Sendable, Hashable {
    public var jobID: Int64
    public var leaseToken: Int64

    public init(jobID: Int64, leaseToken: Int64) {
        self.jobID = jobID
        self.leaseToken = leaseToken
    }

    /// `job_id`, `lease_token`.
    var parameters: [PostgresParameter] { [.int(jobID), .int(leaseToken)] }
}

extension [Lease] {
    /// `job_ids`, `lease_tokens`.
    var parameters: [PostgresParameter] { [.int8Array(map(\.jobID)), .int8Array(map(\.leaseToken))] }
}
