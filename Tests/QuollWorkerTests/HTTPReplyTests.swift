import Foundation
import Testing

@testable import QuollWorker

/// What follows from an HTTP status.
struct HTTPReplyTests {
    private func outcome(_ status: Int, retryAfter: String? = nil, body: String = "") -> Outcome {
        HTTPReply(status: status, retryAfter: retryAfter, body: Data(body.utf8)).outcome(outputLimit: 100)
    }

    @Test func `2xx completes, with a JSON body as the result`() {
        #expect(outcome(200, body: #"{"ok":true}"#) == .complete(json: #"{"ok":true}"#))
        #expect(outcome(204) == .complete)
        #expect(outcome(201, body: "<html>") == .complete)
    }

    @Test func `429 and 5xx retry when the server says`() {
        #expect(outcome(429, retryAfter: "17") == .fail(code: "RATE_LIMIT", message: "HTTP 429", retryIn: .seconds(17)))
        #expect(outcome(503, body: "later\nx") == .fail(code: "HTTP_503", message: "HTTP 503: later"))
    }

    @Test(arguments: [301, 400, 404, 422])
    func `Other statuses fail for good`(status: Int) {
        #expect(outcome(status) == .fail(code: "HTTP_\(status)", message: "HTTP \(status)", permanent: true))
    }

    @Test func `Retry-After may be a date`() {
        let now = Date(timeIntervalSince1970: 1_445_412_420)
        let reply = HTTPReply(status: 503, retryAfter: "Wed, 21 Oct 2015 07:28:00 GMT", body: Data())
        #expect(reply.delay(now: now) == .seconds(60))
        #expect(reply.delay(now: now + 3_600) == .seconds(0))
        #expect(HTTPReply(status: 503, retryAfter: "soon", body: Data()).delay() == nil)
        #expect(HTTPReply(status: 503, retryAfter: "-5", body: Data()).delay() == nil)
    }

    @Test func `A body beyond the limit is no result`() {
        guard case .fail("RESULT_TOO_LARGE", _, _, _) = outcome(200, body: String(repeating: "1", count: 101)).kind
        else {
            Issue.record("accepted")
            return
        }
    }
}
