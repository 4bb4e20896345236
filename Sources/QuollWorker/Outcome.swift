import Foundation

/// What a handler reports of a job. What follows from it (a retry and when, the dead-letter queue) is decided in SQL.
public struct Outcome: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case complete(result: String?)
        case fail(code: String, message: String?, retryIn: Duration?, permanent: Bool)
        case snooze(Duration)
        case skip(reason: String)
        case release
        case settled
    }

    var kind: Kind

    /// Done, with nothing to store.
    public static let complete = Outcome(kind: .complete(result: nil))

    /// Done; `json` is stored as the job's result.
    public static func complete(json: String) -> Outcome {
        Outcome(kind: .complete(result: json))
    }

    /// Done; the value is stored, as JSON, as the job's result.
    public static func complete(_ result: some Encodable) throws -> Outcome {
        Outcome(kind: .complete(result: String(decoding: try JSONEncoder().encode(result), as: UTF8.self)))
    }

    /// Failed. `retryIn` asks for a delay in place of the queue's backoff; `permanent` asks for no further attempt.
    public static func fail(
        code: String, message: String? = nil, retryIn: Duration? = nil, permanent: Bool = false
    ) -> Outcome {
        Outcome(kind: .fail(code: code, message: message, retryIn: retryIn, permanent: permanent))
    }

    /// Later, without charging the attempt.
    public static func snooze(_ delay: Duration) -> Outcome { Outcome(kind: .snooze(delay)) }

    /// Ended without being done, for a reason that is no failure.
    public static func skip(reason: String) -> Outcome { Outcome(kind: .skip(reason: reason)) }

    /// Back to the queue at once, without charging the attempt.
    public static let release = Outcome(kind: .release)

    /// The handler settled the job itself, in its own transaction; the worker has nothing left to say.
    public static let settled = Outcome(kind: .settled)
}

extension Outcome {
    /// A word for logs and metrics.
    var label: String {
        switch kind {
        case .complete: "complete"
        case .fail: "fail"
        case .snooze: "snooze"
        case .skip: "skip"
        case .release: "release"
        case .settled: "settled"
        }
    }
}
