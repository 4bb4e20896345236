/// Text that may be a JSON document.
enum JSONText {
    /// The bytes as text if they are one JSON document, of any type, that Postgres can store.
    static func ifValid(_ bytes: some Collection<UInt8>) -> String? {
        JSONScanner.isStorable(bytes) ? String(validating: bytes, as: UTF8.self) : nil
    }
}
