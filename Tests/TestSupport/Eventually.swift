/// Asks until the answer is yes; false when it is still no after a generous while.
///
///     #expect(try await eventually { try await count() == 3 })
public func eventually(
    within patience: Duration = .seconds(120), _ isSo: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while true {
        if try await isSo() { return true }
        if ContinuousClock.now >= deadline { return false }
        try await Task.sleep(for: .milliseconds(20))
    }
}
