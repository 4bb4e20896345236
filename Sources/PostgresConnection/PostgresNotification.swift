import Synchronization

/// What another session said by NOTIFY.
public struct PostgresNotification: Sendable, Equatable {
    public var channel: String
    public var payload: String

    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

/// Who waits for notifications on a session.
final class Listeners: Sendable {
    typealias Stream = AsyncThrowingStream<PostgresNotification, any Error>

    private struct Listener {
        var channels: Set<String>
        var continuation: Stream.Continuation
    }

    private let listeners = Mutex<[Int: Listener]>([:])
    private let nextKey = Atomic<Int>(0)

    /// Adds a listener; its stream ends when its reader stops, or with the connection.
    func add(_ channels: Set<String>) -> (Stream, key: Int) {
        let key = nextKey.add(1, ordering: .relaxed).newValue
        let (stream, continuation) = Stream.makeStream(bufferingPolicy: .bufferingNewest(1000))
        listeners.withLock { $0[key] = Listener(channels: channels, continuation: continuation) }
        continuation.onTermination = { [weak self] _ in
            self?.remove(key)
        }
        return (stream, key)
    }

    func remove(_ key: Int) {
        listeners.withLock { $0[key] = nil }
    }

    func deliver(_ notification: PostgresNotification) {
        let readers = listeners.withLock { listeners in
            listeners.values.filter { $0.channels.contains(notification.channel) }.map(\.continuation)
        }
        for reader in readers { reader.yield(notification) }
    }

    func finish(_ error: PostgresError) {
        let readers = listeners.withLock { listeners in
            defer { listeners = [:] }
            return listeners.values.map(\.continuation)
        }
        for reader in readers { reader.finish(throwing: error) }
    }
}
