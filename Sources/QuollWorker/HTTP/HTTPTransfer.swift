import CLibCurl
import Foundation
import Synchronization

/// A POST.
struct HTTPRequest: Sendable {
    var url: String
    /// Header fields: names, and values of printable characters.
    var fields: [(name: String, value: String)]
    var body: String
    var timeout: Duration
    /// An answer is cut off when its body has more bytes than this.
    var bodyLimit: Int
}

/// Why no answer came.
enum HTTPError: Error, Equatable {
    case timedOut
    /// What libcurl says of it; names neither host nor credentials.
    case failed(String)
}

/// One request on its way. Belongs to the thread that runs it, but for `isCancelled`.
final class HTTPTransfer: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer
    let isCancelled = Atomic(false)
    var continuation: CheckedContinuation<HTTPReply, any Error>?
    private let bodyLimit: Int
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var hasHeader = false
    private var retryAfter: String?
    private var body = Data()

    init(_ request: HTTPRequest) {
        guard let handle = curl_easy_init() else { fatalError("libcurl is out of memory") }
        self.handle = handle
        bodyLimit = request.bodyLimit
        // no "Expect: 100-continue": a server that does not know it costs a second
        for field in request.fields.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
            fields = curl_slist_append(fields, field)
        }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_ACCEPT_ENCODING, "")
        set(CURLOPT_POST, 1)
        set(CURLOPT_POSTFIELDSIZE, request.body.utf8.count)
        set(CURLOPT_COPYPOSTFIELDS, request.body)
        quoll_curl_set_pointer(handle, CURLOPT_HTTPHEADER, fields)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TIMEOUT_MS, Int(request.timeout / .milliseconds(1)))
        let me = Unmanaged.passUnretained(self).toOpaque()
        quoll_curl_set_pointer(handle, CURLOPT_HEADERDATA, me)
        quoll_curl_set_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.of(transfer).readField(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        quoll_curl_set_pointer(handle, CURLOPT_WRITEDATA, me)
        quoll_curl_set_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, transfer in
            HTTPTransfer.of(transfer).readBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(fields)
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> HTTPTransfer {
        guard let pointer else { fatalError("libcurl forgot whose data this is") }
        return Unmanaged.fromOpaque(pointer).takeUnretainedValue()
    }

    private func set(_ option: CURLoption, _ value: Int) {
        quoll_curl_set_number(handle, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        quoll_curl_set_text(handle, option, value)
    }

    private func readField(_ line: UnsafeRawBufferPointer) -> Int {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            (hasHeader, retryAfter) = (false, nil)  // what came before was provisional (1xx)
        } else if text.allSatisfy(\.isNewline) {
            hasHeader = true
        } else if let colon = text.firstIndex(of: ":"), text[..<colon].lowercased() == "retry-after" {
            retryAfter = text[colon...].dropFirst().trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return line.count
    }

    private func readBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        body.append(contentsOf: bytes.prefix(bodyLimit + 1 - body.count))
        // anything but the count ends the transfer
        return body.count > bodyLimit ? 0 : bytes.count
    }

    func end(_ result: CURLcode) {
        let status = Int(quoll_curl_status(handle))
        switch result {
        case CURLE_OK where !hasHeader:
            // libcurl takes what it has got for the whole
            continuation?.resume(throwing: HTTPError.failed("it broke off within its header"))
        case _ where status > 0 && (result == CURLE_OK || body.count > bodyLimit):
            continuation?.resume(returning: HTTPReply(status: status, retryAfter: retryAfter, body: body))
        case CURLE_OPERATION_TIMEDOUT:
            continuation?.resume(throwing: HTTPError.timedOut)
        default:
            continuation?.resume(throwing: HTTPError.failed(String(cString: curl_easy_strerror(result))))
        }
    }

    func end(throwing error: any Error) {
        continuation?.resume(throwing: error)
    }
}
