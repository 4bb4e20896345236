import Foundation

/// Text that may be a JSON document.
enum JSONText {
    /// The bytes as text if they are one JSON document, of any type, that Postgres can store.
    static func ifValid(_ bytes: some Collection<UInt8>) -> String? {
        guard !bytes.isEmpty, (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
