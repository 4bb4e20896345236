/// Durations as people write them.
enum DurationText {
    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("", 1),
    ]

    /// Some thirty years.
    private static let longest = 1e9

    /// `500ms`, `30s`, `5m`, `1h`, or a bare number of seconds; nil for anything else, negative and endless ones included.
    static func parse(_ text: String) -> Duration? {
        for (suffix, seconds) in units where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)), number >= 0, number * seconds <= longest else {
                continue
            }
            return .seconds(number * seconds)
        }
        return nil
    }
}
