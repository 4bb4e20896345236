import Foundation
import Synchronization

/// A command that runs in a process group of its own, fed and watched by one thread.
///
/// The whole group is killed when the calling task is cancelled: SIGTERM first, SIGKILL after ``Command/killDelay``; the
/// leader is reaped only then, so that its number cannot belong to somebody else.
struct Command: Sendable {
    var path: String
    var arguments: [String]
    /// The whole environment, as `NAME=value`.
    var environment: [String]
    var input: [UInt8]
    /// The most bytes kept of the standard output; what is beyond is read and dropped.
    var outputLimit: Int
    /// The most bytes kept of the end of the standard error.
    var errorLimit: Int
    /// From SIGTERM to SIGKILL.
    var killDelay: Duration = .seconds(1)

    enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signaled(Int32)
    }

    struct Report: Sendable {
        var ending: Ending
        var output: [UInt8]
        var isOutputCut: Bool
        /// The end of the standard error.
        var errorTail: [UInt8]
    }

    /// Runs the command to its end.
    /// - Throws: `CancellationError` when the task was cancelled and the group killed; ``SpawnError`` when the command
    ///   could not be started.
    func run() async throws -> Report {
        try Task.checkCancellation()
        let child = try ChildProcess(self)
        let report = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: child.attend()) }
            }
        } onCancel: {
            child.cancel()
        }
        if child.isCanceled { throw CancellationError() }
        return report
    }
}

/// The command could not be started.
struct SpawnError: Error {
    var errorNumber: Int32
}

/// A started command; ``attend()`` must be called once.
final class ChildProcess: Sendable {
    private let command: Command
    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private let error: Int32
    /// Written to once at cancellation; the write end.
    private let alarm: Int32
    private let alarmed: Int32
    private let state = Mutex((isCanceled: false, isOver: false))

    var isCanceled: Bool { state.withLock { $0.isCanceled } }

    init(_ command: Command) throws {
        signal(SIGPIPE, SIG_IGN)
        self.command = command
        let spawned = try Spawn.start(command)
        process = spawned.process
        input = spawned.input
        output = spawned.output
        error = spawned.error
        (alarmed, alarm) = (spawned.alarm.read, spawned.alarm.write)
    }

    /// Has the group killed; does nothing once the command is over.
    func cancel() {
        state.withLock { state in
            guard !state.isCanceled, !state.isOver else { return }
            state.isCanceled = true
            var byte: UInt8 = 1
            _ = write(alarm, &byte, 1)
        }
    }

    /// Feeds the command, collects what it says and waits for its end. Blocks its thread.
    func attend() -> Command.Report {
        var exchange = Exchange(command: command, input: input, output: output, error: error)
        var deadline: ContinuousClock.Instant?
        var pause: UInt32 = 200
        // the end of the leader is the end: a background process may hold the pipes open for longer
        while !hasExited {
            if exchange.isDone {
                usleep(pause)
                pause = min(pause * 2, 20_000)
            } else {
                exchange.poll(alarm: deadline == nil ? alarmed : -1)
            }
            if deadline == nil, isCanceled {
                kill(-process, SIGTERM)
                deadline = .now + command.killDelay
            }
            if let deadline, deadline < .now { break }
        }
        exchange.drain()
        return finish(exchange)
    }

    private func finish(_ exchange: consuming Exchange) -> Command.Report {
        let canceled = state.withLock { state in
            state.isOver = true
            return state.isCanceled
        }
        if canceled { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1, errno == EINTR {}
        exchange.close()
        close(alarm)
        close(alarmed)
        return Command.Report(
            ending: status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signaled(status & 0x7f),
            output: exchange.outputBytes, isOutputCut: exchange.isOutputCut, errorTail: exchange.errorTail)
    }

    /// Whether the leader has ended; it stays a zombie until ``finish``.
    private var hasExited: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0
            && info._sifields._sigchld.si_pid != 0
    }
}
