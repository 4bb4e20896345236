import Foundation
import Synchronization

/// When each job's handler started.
final class Recorder: Sendable {
    private struct Start {
        var number: Int
        var nanosecond: Int64
    }

    private let starts = Mutex<[Start]>([])

    /// Notes that a handler starts now.
    /// - Parameter payload: a JSON object with a member `n`, its number.
    func note(payload: String) {
        let now = Self.now()
        let number = payload.firstMatch(of: /"n": *(\d+)/).flatMap { Int($0.1) } ?? -1
        starts.withLock { $0.append(Start(number: number, nanosecond: now)) }
    }

    /// `handled COUNT FIRST LAST CPU`
    var progress: String {
        let (count, first, last) = starts.withLock { ($0.count, $0.first?.nanosecond ?? 0, $0.last?.nanosecond ?? 0) }
        return "handled \(count) \(first) \(last) \(Self.processorSeconds())"
    }

    func write(to file: String) throws {
        let lines = starts.withLock { $0.map { "\($0.number) \($0.nanosecond)\n" } }
        try lines.joined().write(toFile: file, atomically: true, encoding: .utf8)
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// User and system time of this process.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
