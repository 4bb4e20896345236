/// One failed attempt, for ``QuollClient/failBatch(_:)``.
public struct Failure: Sendable, Equatable {
    public var lease: Lease
    /// Kept to 200 characters.
    public var errorCode: String
    /// Kept to 10,000 characters.
    public var errorMessage: String?
    /// When to try again, instead of the queue's backoff: 0 to 10 years.
    public var retryIn: Duration?
    /// No further attempt.
    public var permanent: Bool

    public init(
        _ lease: Lease, errorCode: String, errorMessage: String? = nil, retryIn: Duration? = nil,
        permanent: Bool = false
    ) {
        self.lease = lease
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.retryIn = retryIn
        self.permanent = permanent
    }
}

/// As an element of `fail_batch`'s document.
extension Failure: Encodable {
    private enum CodingKeys: String, CodingKey {
        case permanent
        case jobID = "job_id"
        case leaseToken = "lease_token"
        case errorCode = "error_code"
        case errorMessage = "error_message"
        case retryIn = "retry_in"
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(lease.jobID, forKey: .jobID)
        try members.encode(lease.leaseToken, forKey: .leaseToken)
        try members.encode(errorCode, forKey: .errorCode)
        try members.encodeIfPresent(errorMessage, forKey: .errorMessage)
        if let (seconds, attoseconds) = retryIn?.components {
            try members.encode("\(seconds) seconds \(attoseconds / 1_000_000_000_000) microseconds", forKey: .retryIn)
        }
        try members.encode(permanent, forKey: .permanent)
    }
}
