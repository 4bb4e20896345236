extension JSONScanner {
    /// Postgres' numeric holds more digits, but not any number of them.
    private static let longestNumber = 1_000
    private static let largestExponent = 1_000

    mutating func number() -> Bool {
        let start = place
        _ = take("-")
        if !take("0") {
            guard digits() > 0 else { return false }
        }
        if take("."), digits() == 0 { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            let first = place
            guard digits() > 0, let exponent = Int(String(decoding: bytes[first..<place], as: UTF8.self)) else {
                return false
            }
            guard exponent <= Self.largestExponent else { return false }
        }
        return place - start <= Self.longestNumber
    }

    private mutating func digits() -> Int {
        let start = place
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
        return place - start
    }

    mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = next {
            if take("\"") { return true }
            if take("\\") {
                guard escape() else { return false }
            } else if byte < 0x20 {
                return false
            } else {
                place += 1
            }
        }
        return false
    }

    /// What follows a backslash. No text of Postgres holds U+0000, or half of a pair of surrogates.
    private mutating func escape() -> Bool {
        guard let byte = next else { return false }
        place += 1
        guard byte == UInt8(ascii: "u") else { return #""\/bfnrt"#.utf8.contains(byte) }
        guard let unit = hexadecimal() else { return false }
        switch unit {
        case 0, 0xdc00...0xdfff: return false
        case 0xd800...0xdbff:
            guard take("\\"), take("u"), let low = hexadecimal() else { return false }
            return (0xdc00...0xdfff).contains(low)
        default: return true
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard place + 4 <= bytes.count,
            bytes[place..<place + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        defer { place += 4 }
        return UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
    }
}
