public import Foundation

/// One claimed job, as a handler sees it.
public struct Job: Sendable {
    public let id: Int64
    /// Names this attempt; a handler needs it only to settle the job inside a transaction of its own (see ``Outcome/settled``).
    public let leaseToken: Int64
    public let queue: String
    public let kind: String
    /// The number of this attempt, from 1.
    public let attempt: Int
    public let maxAttempts: Int
    /// The payload, as JSON text.
    public let payload: String
    /// The headers, as the text of a JSON object; nil when the producer gave none.
    public let headers: String?
    public let priority: Int
    public let groupKey: String?
    public let enqueuedAt: Date
    /// When the lease ends unless it is extended, by the server's clock.
    public let leasedUntil: Date

    public init(
        id: Int64, leaseToken: Int64, queue: String, kind: String, attempt: Int, maxAttempts: Int, payload: String,
        headers: String?, priority: Int, groupKey: String?, enqueuedAt: Date, leasedUntil: Date
    ) {
        self.id = id
        self.leaseToken = leaseToken
        self.queue = queue
        self.kind = kind
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.payload = payload
        self.headers = headers
        self.priority = priority
        self.groupKey = groupKey
        self.enqueuedAt = enqueuedAt
        self.leasedUntil = leasedUntil
    }

    /// The payload as a value.
    /// - Throws: ``JobFailure`` with code `BAD_PAYLOAD`, whose message names the place in the document and no content.
    public func decodePayload<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(payload.utf8))
        } catch let error as DecodingError {
            throw JobFailure(code: "BAD_PAYLOAD", message: error.placeInDocument)
        }
    }

    /// The headers that are plain strings, numbers or booleans, as text.
    public var headerFields: [String: String] {
        guard let headers, let object = try? JSONDecoder().decode([String: HeaderValue].self, from: Data(headers.utf8))
        else { return [:] }
        return object.compactMapValues(\.text)
    }
}

/// A header's value; arrays and objects have no text.
private struct HeaderValue: Decodable {
    var text: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            text = value
        } else if let value = try? container.decode(Bool.self) {
            text = String(value)
        } else if let value = try? container.decode(Int64.self) {
            text = String(value)
        } else if let value = try? container.decode(Double.self) {
            text = String(value)
        }
    }
}

extension DecodingError {
    /// What is wrong and where, without the document's values.
    fileprivate var placeInDocument: String {
        switch self {
        case .keyNotFound(let key, let context):
            "no \"\(key.stringValue)\" in \(context.place)"
        case .typeMismatch(let type, let context):
            "\(context.place) is not of type \(type)"
        case .valueNotFound(let type, let context):
            "\(context.place) is null where \(type) is expected"
        case .dataCorrupted(let context):
            "\(context.place) cannot be read"
        @unknown default:
            "the payload cannot be read"
        }
    }
}

extension DecodingError.Context {
    fileprivate var place: String {
        codingPath.isEmpty ? "the payload" : "payload." + codingPath.map(\.stringValue).joined(separator: ".")
    }
}
