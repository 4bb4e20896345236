/// Reads bytes as one JSON document by RFC 8259 to the letter, as Postgres does: Foundation takes trailing commas, byte
/// order marks and NULs for JSON, too. Without recursion, for documents may be of any depth.
struct JSONScanner {
    let bytes: [UInt8]
    var place = 0

    /// Postgres reads some thousands of levels, by its `max_stack_depth`.
    private static let mostLevels = 512

    /// Whether the bytes are a document that Postgres can store.
    static func isStorable(_ bytes: some Collection<UInt8>) -> Bool {
        var scanner = JSONScanner(bytes: Array(bytes))
        return scanner.document()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func take(_ character: Character) -> Bool {
        guard next == character.asciiValue else { return false }
        place += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let isThere = word.withUTF8Buffer { bytes[place...].starts(with: $0) }
        if isThere { place += word.utf8CodeUnitCount }
        return isThere
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
    }

    private mutating func document() -> Bool {
        var open: [Character] = []
        repeat {
            skipSpace()
            if open.count == Self.mostLevels, next == UInt8(ascii: "[") || next == UInt8(ascii: "{") { return false }
            if take("[") {
                open.append("]")
                skipSpace()
                if next != UInt8(ascii: "]") { continue }
            } else if take("{") {
                open.append("}")
                skipSpace()
                if next != UInt8(ascii: "}") {
                    guard key() else { return false }
                    continue
                }
            } else if !scalar() {
                return false
            }
            guard close(&open) else { return false }
        } while !open.isEmpty
        return open.isEmpty && place == bytes.count
    }

    /// What follows a value: ends of lists and objects, up to where another value must stand, or the end of all.
    private mutating func close(_ open: inout [Character]) -> Bool {
        while true {
            skipSpace()
            guard let end = open.last else { return true }
            if take(end) {
                open.removeLast()
            } else if take(",") {
                skipSpace()
                return end == "]" || key()
            } else {
                return false
            }
        }
    }

    private mutating func key() -> Bool {
        guard string() else { return false }
        skipSpace()
        return take(":")
    }

    private mutating func scalar() -> Bool {
        switch next {
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): takeWord("true")
        case UInt8(ascii: "f"): takeWord("false")
        case UInt8(ascii: "n"): takeWord("null")
        default: number()
        }
    }
}
