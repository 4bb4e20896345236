/// What a worker does with jobs of one kind.
public struct JobHandler: Sendable {
    public typealias Body = @Sendable (Job) async throws -> Outcome

    public var kind: String
    /// How many jobs of this kind run at once; nil: as many as the worker's own concurrency allows.
    public var concurrency: Int?
    /// How long one job may run before its task is cancelled and it fails with `TIMEOUT`; nil: the worker's default.
    public var timeout: Duration?
    public var body: Body

    public init(_ kind: String, concurrency: Int? = nil, timeout: Duration? = nil, body: @escaping Body) {
        self.kind = kind
        self.concurrency = concurrency
        self.timeout = timeout
        self.body = body
    }

    /// A handler of decoded payloads whose return value becomes the job's result.
    ///
    /// A payload that does not decode fails the job with `BAD_PAYLOAD`.
    public init<Payload: Decodable & Sendable, Result: Encodable & Sendable>(
        _ kind: String, payload: Payload.Type, concurrency: Int? = nil, timeout: Duration? = nil,
        body: @escaping @Sendable (Payload, Job) async throws -> Result
    ) {
        self.init(kind, concurrency: concurrency, timeout: timeout) { job in
            try .complete(try await body(try job.decodePayload(as: payload), job))
        }
    }
}
