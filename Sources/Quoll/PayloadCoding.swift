import Foundation

/// How payloads, results and headers become JSON, and back: the same for producers and workers, or they would not
/// understand each other. Dates are ISO 8601 texts in UTC with milliseconds; what is read may lack them.
package struct PayloadCoding {
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    package init() {
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Self.precise))
        }
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if let date = (try? Self.precise.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) {
                return date
            }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no ISO 8601 date")
        }
    }

    private static let precise = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// - Throws: `EncodingError`, for one for a number that is not finite.
    package func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Throws: `DecodingError`.
    package func value<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try decoder.decode(type, from: Data(text.utf8))
    }
}

extension PayloadCoding {
    /// For one value. Throws ``QuollError/Code/badPayload``.
    static func json(_ value: some Encodable) throws -> String {
        try PayloadCoding().json(value)
    }

    func json(_ value: some Encodable) throws -> String {
        do {
            return try text(value)
        } catch {
            throw QuollError(code: .badPayload, message: "\(type(of: value)) cannot be written as JSON")
        }
    }

    /// For one text. Throws ``QuollError/Code/badPayload``.
    static func decode<Value: Decodable>(_ json: String, as type: Value.Type) throws -> Value {
        do {
            return try PayloadCoding().value(json)
        } catch {
            // the error quotes the document, which may be anybody's secret: it is not passed on
            throw QuollError(code: .badPayload, message: "the JSON is no \(type)")
        }
    }
}
