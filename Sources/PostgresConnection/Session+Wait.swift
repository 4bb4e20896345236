internal import CLibPQ
import Foundation

extension Session {
    struct Events: OptionSet {
        let rawValue: Int
        static let readable = Events(rawValue: 1)
        static let writable = Events(rawValue: 2)
        static let called = Events(rawValue: 4)
    }

    /// Waits for the socket, the bell or a deadline, of which those of waiting calls are seen to; empty for a deadline.
    func wait(for wanted: Events, until limit: ContinuousClock.Instant?) -> Events {
        let deadline = [limit, inbox.deadline].compactMap(\.self).min()
        let patience = deadline.map { max(0, ($0 - .now) / .milliseconds(1)).rounded(.up) } ?? -1
        var descriptors = [pollfd(fd: inbox.bell.descriptor, events: Int16(POLLIN), revents: 0)]
        if !wanted.isEmpty, let handle {
            let events = (wanted.contains(.readable) ? POLLIN : 0) | (wanted.contains(.writable) ? POLLOUT : 0)
            descriptors.append(pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0))
        }
        let ready = poll(&descriptors, nfds_t(descriptors.count), Int32(min(patience, 1_000_000)))
        if deadline != nil { inbox.expire() }
        guard ready > 0 else { return [] }
        var events: Events = []
        if descriptors[0].revents != 0 {
            inbox.bell.drain()
            events.insert(.called)
        }
        if descriptors.count > 1 {
            let happened = Int32(descriptors[1].revents)
            if happened & (POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 { events.insert(.readable) }
            if happened & POLLOUT != 0 { events.insert(.writable) }
        }
        return events
    }
}
