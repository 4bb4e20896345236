import Foundation

/// The pipes of a running command, from the worker's side. All descriptors are non-blocking; -1 is a closed one.
struct Exchange {
    private var input: Int32
    private var output: Int32
    private var error: Int32
    private var remaining: ArraySlice<UInt8>
    private let outputLimit: Int
    private let errorLimit: Int
    private(set) var outputBytes: [UInt8] = []
    private(set) var isOutputCut = false
    private(set) var errorTail: [UInt8] = []

    /// How long one ``poll(alarm:)`` waits, in milliseconds: the command's end is looked for as often.
    private static let pause: Int32 = 50

    init(command: Command, input: Int32, output: Int32, error: Int32) {
        self.input = input
        self.output = output
        self.error = error
        remaining = command.input[...]
        outputLimit = command.outputLimit
        errorLimit = command.errorLimit
        if remaining.isEmpty { Self.shut(&self.input) }
    }

    /// Whether the command has closed its output and its error.
    var isDone: Bool { output == -1 && error == -1 }

    /// Waits for something to do and does it.
    /// - Parameter alarm: a descriptor that ends the wait when it becomes readable; -1 for none.
    mutating func poll(alarm: Int32) {
        var watched = [
            pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error, events: Int16(POLLIN), revents: 0),
            pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
        ]
        guard Foundation.poll(&watched, nfds_t(watched.count), Self.pause) > 0 else { return }
        if watched[0].revents != 0 { feed() }
        if watched[1].revents != 0 { readOutput() }
        if watched[2].revents != 0 { readError() }
    }

    /// Reads what is in the pipes now, without waiting for their ends.
    mutating func drain() {
        readOutput()
        readError()
    }

    mutating func close() {
        Self.shut(&input)
        Self.shut(&output)
        Self.shut(&error)
    }

    private mutating func feed() {
        let written = remaining.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if written > 0 {
            remaining = remaining.dropFirst(written)
        } else if written == -1, errno != EAGAIN, errno != EINTR {
            remaining = []
        }
        if remaining.isEmpty { Self.shut(&input) }
    }

    private mutating func readOutput() {
        while let bytes = Self.readSome(&output) {
            let room = outputLimit - outputBytes.count
            outputBytes += bytes.prefix(room)
            if bytes.count > room { isOutputCut = true }
        }
    }

    private mutating func readError() {
        while let bytes = Self.readSome(&error) {
            errorTail += bytes
            if errorTail.count > errorLimit { errorTail.removeFirst(errorTail.count - errorLimit) }
        }
    }

    /// The bytes at hand; nil when there are none now, and the descriptor is closed when there will be none.
    private static func readSome(_ descriptor: inout Int32) -> ArraySlice<UInt8>? {
        guard descriptor != -1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 { return buffer[..<count] }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { shut(&descriptor) }
        return nil
    }

    private static func shut(_ descriptor: inout Int32) {
        guard descriptor != -1 else { return }
        _ = Foundation.close(descriptor)
        descriptor = -1
    }
}
