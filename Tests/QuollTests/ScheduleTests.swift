import Foundation
import Quoll
import Testing

@Suite struct ScheduleTests {
    @Test func `a schedule tells its fires, in its time zone`() async throws {
        let fixture = try await Fixture()
        let next = try await fixture.client.schedule(
            name: "nightly", cron: "30 2 1 1 *", queue: "q", kind: "report", json: #"{"a": 1}"#,
            timeZone: "Europe/Berlin", catchUp: .all)
        var berlin = Calendar(identifier: .gregorian)
        berlin.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
        let parts = berlin.dateComponents([.month, .day, .hour, .minute], from: next)
        #expect(parts == DateComponents(month: 1, day: 1, hour: 2, minute: 30))
        let schedule = try #require(try await fixture.client.schedules().first)
        #expect(schedule.name == "nightly" && schedule.cron == "30 2 1 1 *" && schedule.timeZone == "Europe/Berlin")
        #expect(schedule.queue == "q" && schedule.kind == "report" && schedule.payload == #"{"a": 1}"#)
        #expect(schedule.catchUp == CatchUp.all.rawValue && !schedule.isPaused && schedule.nextAt == next)
        #expect(schedule.lastAt == nil && schedule.lastJobID == nil)
        let fires = try await fixture.client.nextFires("nightly", maxFires: 3)
        #expect(fires.count == 3 && fires.first == next && fires == fires.sorted())
    }

    @Test func `maintenance enqueues what is due, a paused schedule nothing`() async throws {
        let fixture = try await Fixture()
        try await fixture.client.schedule(name: "s", cron: "@every 1 second", queue: "q", kind: "tick")
        try await fixture.client.schedule(name: "p", cron: "@every 1 second", queue: "q", kind: "never")
        try await fixture.client.pauseSchedule("p")
        try await Task.sleep(for: .milliseconds(1500))
        try await fixture.client.maintain()
        let job = try #require(try await fixture.client.listJobs(kind: "tick").first)
        #expect(try await fixture.client.schedules().last?.lastJobID == job.jobID)
        #expect(try await fixture.client.listJobs(kind: "never").isEmpty)
        #expect(try await fixture.client.schedules().map(\.isPaused) == [true, false])
        try await fixture.client.resumeSchedule("p")
        #expect(try await fixture.client.schedules().map(\.isPaused) == [false, false])
        try await fixture.client.unschedule("s")
        #expect(try await fixture.client.schedules().map(\.name) == ["p"])
    }

    @Test func `bad expressions and unknown names are refused`() async throws {
        let fixture = try await Fixture()
        let error = await expectError(.invalidArgument, sqlState: "22023") {
            try await fixture.client.schedule(name: "s", cron: "soon", queue: "q", kind: "k")
        }
        #expect(error?.hint != nil)
        await expectError(.invalidArgument) {
            try await fixture.client.schedule(name: "s", cron: "@daily", queue: "q", kind: "k", timeZone: "Moon/Base")
        }
        await expectError(.notFound, sqlState: "42704") { try await fixture.client.unschedule("s") }
        await expectError(.notFound, sqlState: "42704") { try await fixture.client.pauseSchedule("s") }
        await expectError(.notFound, sqlState: "42704") { try await fixture.client.resumeSchedule("s") }
        await expectError(.notFound, sqlState: "42704") { try await fixture.client.nextFires("s") }
    }
}
