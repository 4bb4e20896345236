import Synchronization

/// An event that one task waits for. A signal given while nobody waits is kept for the next wait.
final class Signal: Sendable {
    private struct State {
        var isPending = false
        var waiter: (number: UInt64, continuation: CheckedContinuation<Void, Never>)?
        var waits: UInt64 = 0
        /// The newest wait whose time ran out: it may do so before its continuation is here.
        var expired: UInt64 = 0
    }

    private let state = Mutex(State())

    func signal() {
        let continuation = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isPending = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter.continuation
        }
        continuation?.resume()
    }

    /// Returns at a signal, after `timeout`, or when the task is cancelled.
    func wait(timeout: Duration? = nil) async {
        let number = state.withLock { state in
            state.waits += 1
            return state.waits
        }
        let timer = timeout.map { timeout in
            Task {
                try? await Task.sleep(for: timeout)
                expire(number)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    guard !state.isPending, state.expired < number, !Task.isCancelled else {
                        state.isPending = false
                        return true
                    }
                    state.waiter = (number, continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            expire(number)
        }
        timer?.cancel()
    }

    private func expire(_ number: UInt64) {
        let continuation = state.withLock { state in
            state.expired = max(state.expired, number)
            guard let waiter = state.waiter, waiter.number == number else {
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter.continuation
        }
        continuation?.resume()
    }
}
