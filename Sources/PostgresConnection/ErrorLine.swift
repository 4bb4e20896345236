/// What a program says when it ends with an error, whatever it quotes of its arguments or of others.
public struct ErrorLine: Sendable, CustomStringConvertible {
    /// The text in one line, without control characters and without passwords; a long one is cut.
    public let description: String

    private static let limit = 1_000

    /// - Parameters:
    ///   - program: The name that the line begins with.
    ///   - text: What went wrong.
    public init(program: String, _ text: String) {
        let isCut = text.unicodeScalars.count > Self.limit
        let start = String(text.unicodeScalars.prefix(Self.limit).map { Self.isPrintable($0) ? Character($0) : " " })
        let words = Self.withoutPasswords(start, isCut: isCut).split(separator: " ").joined(separator: " ")
        description = "\(program): \(words)\(isCut ? " …" : "")"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    /// Puts … for what may be the password in a URL or in a conninfo string.
    private static func withoutPasswords(_ text: String, isCut: Bool) -> String {
        // the end of a password may be beyond the cut
        let inURL = isCut ? #/(://[^\s:/@]*:)(\S*@|\S*$)/# : #/(://[^\s:/@]*:)(\S*@)/#
        return text.replacing(inURL) { "\($0.output.1)…\($0.output.2.hasSuffix("@") ? "@" : "")" }
            .replacing(#/(?i)(pass\w*\s*=\s*)('[^']*'?|[^\s&]+)/#) { "\($0.output.1)…" }
    }
}
