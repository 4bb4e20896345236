import Synchronization

/// Keeps other tasks' statements out of a transaction on a shared connection. Statements pass while nobody holds it;
/// a transaction holds it. First come, first served.
final class Gate: Sendable {
    private struct Waiter {
        var key: Int
        var holds: Bool
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var isHeld = false
        var waiters: [Waiter] = []
        var nextKey = 0
    }

    private let state = Mutex(State())

    /// Waits until nobody holds the gate.
    func pass() async throws {
        try await enter(holding: false)
    }

    /// Waits for the gate and holds it until ``leave()``.
    func hold() async throws {
        try await enter(holding: true)
    }

    private func enter(holding: Bool) async throws {
        let key: Int? = state.withLock { state in
            if !state.isHeld, state.waiters.isEmpty {
                state.isHeld = holding
                return nil
            }
            state.nextKey += 1
            return state.nextKey
        }
        guard let key else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let wait = Waiter(key: key, holds: holding, continuation: continuation)
                // The gate may have been left, or the task cancelled, since the first look.
                if Task.isCancelled {
                    continuation.resume(throwing: PostgresError(code: .canceled, message: "cancelled while waiting"))
                    return
                }
                resume(
                    state.withLock { state in
                        state.waiters.append(wait)
                        return state.isHeld ? [] : Self.admit(&state)
                    })
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.key == key }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: PostgresError(code: .canceled, message: "cancelled while waiting"))
        }
    }

    func leave() {
        resume(
            state.withLock { state in
                state.isHeld = false
                return Self.admit(&state)
            })
    }

    /// Those who may go now: all that only pass, up to the first that holds.
    private static func admit(_ state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        while !state.isHeld, !state.waiters.isEmpty {
            let waiter = state.waiters.removeFirst()
            state.isHeld = waiter.holds
            admitted.append(waiter)
        }
        return admitted
    }

    private func resume(_ waiters: [Waiter]) {
        for waiter in waiters { waiter.continuation.resume() }
    }
}
