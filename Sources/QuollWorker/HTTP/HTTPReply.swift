import Foundation

/// What a server answered to a job's POST.
struct HTTPReply {
    var status: Int
    /// The header as it came: seconds, or an HTTP date.
    var retryAfter: String?
    /// Cut off somewhere beyond the limit of the request.
    var body: Data

    /// - Parameter outputLimit: the most bytes of a body that is to be the result.
    func outcome(outputLimit: Int) -> Outcome {
        switch status {
        case 200..<300 where body.count > outputLimit:
            .fail(code: "RESULT_TOO_LARGE", message: "the answer has more than \(outputLimit) bytes")
        case 200..<300:
            JSONText.ifValid(body).map { .complete(json: $0) } ?? .complete
        case 429:
            .fail(code: "RATE_LIMIT", message: message, retryIn: delay())
        case 408, 425, 500..<600:
            .fail(code: "HTTP_\(status)", message: message, retryIn: delay())
        default:
            .fail(code: "HTTP_\(status)", message: message, permanent: true)
        }
    }

    /// The delay that the server asks for; nil when it names none that can be read.
    func delay(now: Date = .now) -> Duration? {
        guard let text = retryAfter?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(text) { return seconds >= 0 ? .seconds(seconds) : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { .seconds(max(0, $0.timeIntervalSince(now))) }
    }

    private var message: String {
        let line =
            String(decoding: body.prefix(4_096), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return "HTTP \(status)" + (line.isEmpty ? "" : ": " + line.limited(to: 500))
    }
}
