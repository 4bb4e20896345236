extension JobHandler {
    /// Handlers for trying things out.
    public enum Builtin: String, Sendable, CaseIterable {
        /// Completes at once.
        case noop
        /// Sleeps for the payload's `seconds` (default 1), then completes.
        case sleep
        /// Fails with the payload's `code` (default `FAILED`) and `message`; for good if `permanent` is true.
        case fail
    }

    public static func builtin(
        _ kind: String, _ builtin: Builtin, concurrency: Int? = nil, timeout: Duration? = nil
    ) -> JobHandler {
        JobHandler(kind, concurrency: concurrency, timeout: timeout) { job in
            switch builtin {
            case .noop:
                return .complete
            case .sleep:
                let seconds = try job.decodePayload(as: SleepPayload.self).seconds ?? 1
                // a Duration holds no more than 1e20 seconds
                try await Task.sleep(for: .seconds(min(max(seconds, 0), 1e9)))
                return .complete
            case .fail:
                let payload = try job.decodePayload(as: FailPayload.self)
                return .fail(
                    code: payload.code ?? "FAILED", message: payload.message, permanent: payload.permanent ?? false)
            }
        }
    }
}

private struct SleepPayload: Decodable {
    var seconds: Double?
}

private struct FailPayload: Decodable {
    var code: String?
    var message: String?
    var permanent: Bool?
}
