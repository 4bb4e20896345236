import Foundation

/// What the environment says of a run.
enum FuzzSettings {
    private static let environment = ProcessInfo.processInfo.environment

    /// Calls of functions: QUOLL_FUZZ_CALLS.
    static let calls = environment["QUOLL_FUZZ_CALLS"].flatMap { Int($0) } ?? 2000
    /// Runs of each program, and made-up answers of handlers: QUOLL_FUZZ_RUNS.
    static let runs = environment["QUOLL_FUZZ_RUNS"].flatMap { Int($0) } ?? 15
    /// Somebody asked for a long run.
    static let isLong = environment["QUOLL_FUZZ_RUNS"] != nil
    /// Where all of them begin: QUOLL_FUZZ_SEED; else the same each time, or any for a long run.
    static let seed =
        environment["QUOLL_FUZZ_SEED"].flatMap { UInt64($0) } ?? (isLong ? .random(in: 0..<1_000_000) : 2026)

    /// Tells at once, also where standard output is a pipe that is written to in blocks.
    static func tell(_ text: String) {
        FileHandle.standardError.write(Data("QUOLL_FUZZ_SEED=\(seed): \(text)\n".utf8))
    }
}

/// What was found out, told at once, each kind once.
struct Findings {
    private(set) var texts: [String: String] = [:]

    mutating func add(_ kind: String, _ text: @autoclosure () -> String) {
        guard texts[kind] == nil else { return }
        let text = text()
        texts[kind] = text
        FuzzSettings.tell(text)
    }
}
