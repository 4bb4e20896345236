public import Foundation
internal import PostgresConnection

/// Jobs by time. `maintain()` enqueues them: a worker, or whoever calls it, must be running.
extension QuollClient {
    /// Enqueues a job at each fire from now on; changes the schedule of that name, if there is one. Returns the next fire.
    ///
    /// To be called at every start: its fires stay as they are while `cron` and `timeZone` do, also those that are due, and a
    /// paused one stays paused.
    ///
    /// - Parameters:
    ///   - cron: Five fields such as `30 2 * * mon-fri`, or `@hourly`, `@daily`, …, or an interval, `90 seconds`.
    ///   - payload: JSON.
    ///   - timeZone: A name such as `Europe/Berlin`.
    ///   - catchUp: What becomes of fires that nobody was there for.
    @discardableResult
    public func schedule(
        name: String, cron: String, queue: String, kind: String, json payload: String = "{}",
        timeZone: String = "UTC", catchUp: CatchUp = .latest
    ) async throws -> Date {
        let seconds: Double = try await value(
            """
            select extract(epoch from queue.schedule(name => $1, cron => $2, queue => $3, kind => $4, \
            payload => $5::jsonb, timezone => $6, catch_up => $7))
            """,
            [
                .text(name), .text(cron), .text(queue), .text(kind), .json(payload), .text(timeZone),
                .text(catchUp.rawValue),
            ])
        return Date(timeIntervalSince1970: seconds)
    }

    /// Every schedule, by name.
    public func schedules() async throws -> [ScheduleRecord] {
        try await rows("select \(ScheduleRecord.columns) from queue.schedule order by name", [], ScheduleRecord.init)
    }

    /// Removes a schedule; the jobs that it enqueued stay.
    public func unschedule(_ name: String) async throws {
        try await call("select queue.unschedule(name => $1)", [.text(name)])
    }

    /// Stops a schedule until it is resumed.
    public func pauseSchedule(_ name: String) async throws {
        try await call("select queue.pause_schedule(name => $1)", [.text(name)])
    }

    /// Lets a paused schedule go on, from its next fire.
    public func resumeSchedule(_ name: String) async throws {
        try await call("select queue.resume_schedule(name => $1)", [.text(name)])
    }

    /// The next fires of a schedule; none while it is paused.
    public func nextFires(_ name: String, maxFires: Int = 5) async throws -> [Date] {
        try await rows(
            "select extract(epoch from f) from queue.next_fires(name => $1, max_fires => $2::int) as f",
            [.text(name), .int(Int64(maxFires))]
        ) { try $0.nextDate() }
    }
}

/// What becomes of the fires of a schedule that nobody was there for.
public enum CatchUp: String, Sendable {
    /// Nothing: a fire that is more than a minute late is left out.
    case none
    /// One job, for the latest.
    case latest
    /// A job for each.
    case all
}
