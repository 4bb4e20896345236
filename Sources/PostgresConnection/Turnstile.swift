import Synchronization

/// Lets one task pass at a time, first come, first served.
final class Turnstile: Sendable {
    private struct Waiter {
        var key: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var isTaken = false
        var waiters: [Waiter] = []
        var lastKey = 0
    }

    private let state = Mutex(State())

    /// Waits for its turn, which lasts until ``leave()``. Throws when its task is cancelled before.
    func enter() async throws {
        let key = state.withLock { state in
            state.lastKey += 1
            return state.lastKey
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isMine = state.withLock { state -> Bool? in
                    // The handler below has been called already, or will find the waiter.
                    if Task.isCancelled { return nil }
                    if state.isTaken {
                        state.waiters.append(Waiter(key: key, continuation: continuation))
                        return false
                    }
                    state.isTaken = true
                    return true
                }
                guard let isMine else { return continuation.resume(throwing: Self.cancelled) }
                if isMine { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.key == key }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: Self.cancelled)
        }
    }

    func leave() {
        let next = state.withLock { state in
            state.isTaken = !state.waiters.isEmpty
            return state.isTaken ? state.waiters.removeFirst() : nil
        }
        next?.continuation.resume()
    }

    private static let cancelled = PostgresError(code: .canceled, message: "the task was cancelled while it waited")
}
