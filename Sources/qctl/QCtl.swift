import ArgumentParser

/// Operates queues from the command line.
struct QCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qctl", abstract: "Looks at and operates Quoll's queues.",
        discussion: """
            Exit statuses: 0 done; 1 the server refused it; 2 no such server or database; 3 no such queue or job; \
            4 health or verify found something wrong; 64 the command line was not understood.
            """,
        subcommands: [
            QueueCommands.self, EnqueueCommand.self, JobCommands.self, DeadCommands.self, ScheduleCommands.self,
            StatsCommand.self, MetricsCommand.self, HealthCommand.self, VerifyCommand.self, MaintainCommand.self,
            VersionCommand.self,
        ])
}
