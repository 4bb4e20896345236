public import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

extension JobHandler {
    /// Posts each job's payload to a URL.
    ///
    /// The headers `X-Quoll-Job-Id`, `-Queue`, `-Kind`, `-Attempt`, `-Max-Attempts` tell of the job, `Idempotency-Key`
    /// is the same for each attempt, and the job's headers `traceparent` and `tracestate` are passed on. A 2xx status completes the
    /// job, with the body as its result if that is JSON; 408, 425, 429, 5xx, time-outs and failed connections fail it for a
    /// retry, after `Retry-After` where the server names it; any other status, redirects included, fails it for good.
    public static func http(
        _ kind: String, url: URL, concurrency: Int? = nil, timeout: Duration? = nil, outputLimit: Int = 262_144
    ) -> JobHandler {
        let session = HTTPPoster()
        return JobHandler(kind, concurrency: concurrency, timeout: timeout) { job in
            let request = job.request(to: url, timeout: timeout)
            do {
                let (body, response) = try await session.send(request)
                return HTTPReply(
                    status: response.statusCode, retryAfter: response.value(forHTTPHeaderField: "Retry-After"),
                    body: body
                ).outcome(outputLimit: outputLimit)
            } catch let error as URLError where error.code == .cancelled {
                throw CancellationError()
            } catch let error as URLError where error.code == .timedOut {
                throw JobFailure(code: "TIMEOUT", message: "no answer in time")
            } catch let error as URLError {
                throw JobFailure(
                    code: "DEPENDENCY_DOWN", message: "cannot reach the server (URL error \(error.code.rawValue))")
            }
        }
    }
}

extension Job {
    fileprivate func request(to url: URL, timeout: Duration?) -> URLRequest {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(payload.utf8)
        // the worker cancels at the timeout; this one is for workers without
        request.timeoutInterval = timeout.map { Double($0.components.seconds) + 5 } ?? 3_600
        let fields = [
            "Content-Type": "application/json", "X-Quoll-Job-Id": "\(id)", "X-Quoll-Queue": queue, "X-Quoll-Kind": kind,
            "X-Quoll-Attempt": "\(attempt)", "X-Quoll-Max-Attempts": "\(maxAttempts)", "Idempotency-Key": "quoll-\(id)",
        ]
        for (name, value) in fields { request.setValue(value.asHeaderField, forHTTPHeaderField: name) }
        for (name, value) in headerFields where ["traceparent", "tracestate"].contains(name.lowercased()) {
            request.setValue(value.asHeaderField, forHTTPHeaderField: name)
        }
        return request
    }
}

extension String {
    /// Without what could end a header field.
    fileprivate var asHeaderField: String {
        String(unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7f }.map(Character.init))
    }
}

/// A URL session that follows no redirect: a POST must not turn into a GET elsewhere.
private struct HTTPPoster: Sendable {
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 1_000
        configuration.httpShouldSetCookies = false
        session = URLSession(configuration: configuration, delegate: NoRedirects(), delegateQueue: nil)
    }

    func send(_ request: URLRequest) async throws -> (Data, HTTPURLResponse) {
        let (data, response) = try await session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return (data, response)
    }
}

private final class NoRedirects: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
