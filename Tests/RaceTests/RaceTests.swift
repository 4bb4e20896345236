import Foundation
import Testing

/// The hazards of many sessions at once, step by step: `Tests/SQL/races`.
@Suite(.serialized) struct RaceTests {
    @Test(arguments: Scenario.all)
    func `A race ends as its scenario says`(_ scenario: Scenario) async throws {
        try await ScenarioRun.run(scenario)
    }

    @Test func `There are scenarios`() {
        #expect(!Scenario.all.isEmpty)
    }

    /// Proves that each scenario sees what it is there for. Takes minutes: after a change of the engine or of a scenario.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["QUOLL_MUTATIONS"] != nil,
            "set QUOLL_MUTATIONS=1 to break the engine in each of the ways that the scenarios name"),
        arguments: Scenario.all.filter { !$0.mutations.isEmpty })
    func `A scenario fails when the engine is broken in the way it names`(_ scenario: Scenario) async throws {
        for mutation in scenario.mutations {
            await #expect(throws: ScenarioFailure.self, "\(scenario.name): \(mutation.testDescription)") {
                try await ScenarioRun.run(scenario, mutation: mutation, patience: .seconds(8))
            }
        }
    }
}
