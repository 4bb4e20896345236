import Foundation
import Synchronization

/// The jobs of one connection's thread, and the pipe that wakes it from `poll`.
final class Mailbox: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var closed = false
    }

    private let state = Mutex(State())
    /// Readable when somebody has called.
    let wakeDescriptor: Int32
    private let ring: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw PostgresError(code: .connection, message: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (wakeDescriptor, ring) = (ends[0], ends[1])
    }

    deinit {
        Foundation.close(wakeDescriptor)
        Foundation.close(ring)
    }

    /// Adds a job for the thread; false when it takes none any more.
    func post(_ job: @escaping Job) -> Bool {
        let accepted = state.withLock { state in
            guard !state.closed else { return false }
            state.jobs.append(job)
            return true
        }
        wake()
        return accepted
    }

    /// The next jobs, in order; `nil` when there are none and none will come.
    func take() -> [Job]? {
        state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs.isEmpty && state.closed ? nil : state.jobs
        }
    }

    /// Takes no more jobs.
    func close() {
        state.withLock { $0.closed = true }
        wake()
    }

    func wake() {
        var byte: UInt8 = 1
        _ = write(ring, &byte, 1)
    }

    /// Forgets the calls so far. Before looking for what they were about, or one could be missed.
    func drain() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wakeDescriptor, &bytes, bytes.count) > 0 {}
    }
}
