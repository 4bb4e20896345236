import Foundation

/// Text that may be a JSON document.
enum JSONText {
    /// The bytes as text if they are one JSON document, of any type, that Postgres can store.
    static func ifValid(_ bytes: some Collection<UInt8>) -> String? {
        guard !bytes.isEmpty, (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
        else { return nil }
        return hasEscapedNull(bytes) ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// Whether a string holds the character U+0000, which JSON may escape and no text of Postgres can hold.
    private static func hasEscapedNull(_ bytes: some Collection<UInt8>) -> Bool {
        let null = Array("u0000".utf8)
        var rest = bytes[...]
        while let place = rest.firstIndex(of: UInt8(ascii: "\\")) {
            rest = rest[rest.index(after: place)...]
            if rest.starts(with: null) { return true }
            rest = rest.dropFirst()  // what is escaped, which may be a backslash
        }
        return false
    }
}
