import Foundation

/// A pipe that wakes a thread from `poll`.
final class Bell: Sendable {
    /// Readable when somebody has rung.
    let descriptor: Int32
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
        (descriptor, ring) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(ring)
    }

    func wake() {
        var byte: UInt8 = 1
        _ = write(ring, &byte, 1)
    }

    /// Forgets the rings so far. To be called before looking for what they were about, or one could be missed.
    func drain() {
        var bytes = (UInt64(0), UInt64(0))
        while read(descriptor, &bytes, 16) == 16 {}
    }
}
