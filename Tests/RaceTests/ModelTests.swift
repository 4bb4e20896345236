import TestSupport
import Testing

/// The models of the protocol: `model`.
@Suite struct ModelTests {
    @Test func `The models hold, and every broken variant of them is found broken`() async throws {
        let check = try await Command.run("model/check")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(check.lines.contains { $0.contains("broken") })
    }
}
