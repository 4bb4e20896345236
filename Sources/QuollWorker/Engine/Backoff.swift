/// Growing pauses between attempts to reach the server: 0.1 s, doubled up to 5 s, ±20 %.
struct Backoff: Sendable {
    private var failures = 0

    mutating func next() -> Duration {
        let milliseconds = min(100 * (1 << min(failures, 10)), 5_000)
        failures += 1
        return .milliseconds(milliseconds) * Double.random(in: 0.8...1.2)
    }

    mutating func reset() { failures = 0 }
}
