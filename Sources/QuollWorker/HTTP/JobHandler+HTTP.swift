public import Foundation

extension JobHandler {
    /// Posts each job's payload to a URL.
    ///
    /// The headers `X-Quoll-Job-Id`, `-Queue`, `-Kind`, `-Attempt`, `-Max-Attempts` tell of the job, `Idempotency-Key`
    /// is the same for each attempt, and the job's headers `traceparent` and `tracestate` are passed on. A 2xx status completes the
    /// job, with the body as its result if that is JSON; 408, 425, 429, 5xx, time-outs and failed connections fail it for a
    /// retry, after `Retry-After` where the server names it; any other status, redirects included, fails it for good.
    ///
    /// - Parameter outputLimit: the most bytes of an answer's body; more fails the job with `RESULT_TOO_LARGE`.
    public static func http(
        _ kind: String, url: URL, concurrency: Int? = nil, timeout: Duration? = nil, outputLimit: Int = 262_144
    ) -> JobHandler {
        let client = HTTPClient()
        return JobHandler(kind, concurrency: concurrency, timeout: timeout) { job in
            let request = HTTPRequest(
                url: url.absoluteString, fields: job.fields, body: job.payload,
                // the worker cancels at the timeout; this one is for workers without
                timeout: timeout.map { $0 + .seconds(5) } ?? .seconds(3_600), bodyLimit: outputLimit)
            do {
                return try await client.send(request).outcome(outputLimit: outputLimit)
            } catch HTTPError.timedOut {
                throw JobFailure(code: "TIMEOUT", message: "no answer in time")
            } catch HTTPError.failed(let reason) {
                throw JobFailure(code: "DEPENDENCY_DOWN", message: "no answer from the server: \(reason)")
            }
        }
    }
}

extension Job {
    /// The header fields of the request.
    fileprivate var fields: [(name: String, value: String)] {
        let own = [
            ("Content-Type", "application/json"), ("User-Agent", "quoll"), ("X-Quoll-Job-Id", "\(id)"),
            ("X-Quoll-Queue", queue), ("X-Quoll-Kind", kind), ("X-Quoll-Attempt", "\(attempt)"),
            ("X-Quoll-Max-Attempts", "\(maxAttempts)"), ("Idempotency-Key", "quoll-\(id)"),
        ]
        let passedOn = headerFields.filter { ["traceparent", "tracestate"].contains($0.key.lowercased()) }
        return (own + passedOn.map { ($0.key, $0.value) }).map { (name: $0.0, value: $0.1.asHeaderField) }
    }
}

extension String {
    /// Without what could end a header field.
    fileprivate var asHeaderField: String {
        String(unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7f }.map(Character.init))
    }
}
