/// An error that a handler throws to fail its job with a code of its choice.
///
/// Any other error fails the job with the code `HANDLER_ERROR` and the error's description as the message.
public struct JobFailure: Error, Sendable, Equatable {
    /// A stable word for the class of error, as in `DEPENDENCY_DOWN`.
    public var code: String
    public var message: String?
    /// A delay in place of the queue's backoff.
    public var retryIn: Duration?
    /// Asks for no further attempt.
    public var permanent: Bool

    public init(code: String, message: String? = nil, retryIn: Duration? = nil, permanent: Bool = false) {
        self.code = code
        self.message = message
        self.retryIn = retryIn
        self.permanent = permanent
    }
}

extension Outcome {
    /// The longest error message sent to the server, in characters.
    static let messageLimit = 2_000

    /// The outcome of a handler that threw.
    static func thrown(_ error: any Error) -> Outcome {
        if let failure = error as? JobFailure {
            return .fail(
                code: failure.code, message: failure.message?.limited(), retryIn: failure.retryIn,
                permanent: failure.permanent)
        }
        return .fail(code: "HANDLER_ERROR", message: String(describing: error).limited())
    }
}

extension String {
    /// The first characters, without the NULs that no Postgres text can hold.
    func limited(to count: Int = Outcome.messageLimit) -> String {
        String(prefix(count)).replacing("\0", with: "")
    }
}
