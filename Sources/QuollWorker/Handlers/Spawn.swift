import Foundation
import Synchronization

/// Starts commands with `posix_spawn`.
enum Spawn {
    struct Started {
        var process: pid_t
        var input: Int32
        var output: Int32
        var error: Int32
        var alarm: (read: Int32, write: Int32)
    }

    /// Held from the making of pipes to the spawn: a pipe's end that slipped into another child would never close.
    private static let lock = Mutex(())

    /// Signals that this process may ignore or handle, and the command must not inherit so.
    private static let resetSignals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGCHLD]

    static func start(_ command: Command) throws -> Started {
        try lock.withLock { _ in
            var pipes: [(read: Int32, write: Int32)] = []
            do {
                for _ in 0..<4 { pipes.append(try makePipe()) }
                let process = try spawn(command, input: pipes[0].read, output: pipes[1].write, error: pipes[2].write)
                for descriptor in [pipes[0].read, pipes[1].write, pipes[2].write] { close(descriptor) }
                for descriptor in [pipes[0].write, pipes[1].read, pipes[2].read] { makeNonBlocking(descriptor) }
                return Started(
                    process: process, input: pipes[0].write, output: pipes[1].read, error: pipes[2].read,
                    alarm: pipes[3])
            } catch {
                for pipe in pipes {
                    close(pipe.read)
                    close(pipe.write)
                }
                throw error
            }
        }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SpawnError(errorNumber: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func makeNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static func spawn(_ command: Command, input: Int32, output: Int32, error: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, target) in [(input, 0), (output, 1), (error, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        prepare(&attributes)

        let arguments = ([command.path] + command.arguments).map { strdup($0) } + [nil]
        let environment = command.environment.map { strdup($0) } + [nil]
        defer { for string in arguments + environment { free(string) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, command.path, &actions, &attributes, arguments, environment)
        guard status == 0 else { throw SpawnError(errorNumber: status) }
        return process
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        var reset = sigset_t()
        sigemptyset(&reset)
        for number in resetSignals { sigaddset(&reset, number) }
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &reset)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }
}
