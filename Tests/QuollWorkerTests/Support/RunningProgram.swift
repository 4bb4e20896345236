import Foundation
import TestSupport

/// A program that goes on while the test does; its output goes to files. It is killed with the value.
final class RunningProgram: @unchecked Sendable {
    private let process = Process()
    private let folder: URL

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "quoll-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["out", "err"] { try Data().write(to: folder.appending(path: name)) }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "err"))
        // the threads of tasks block all signals, and what they start would too
        var none = sigset_t()
        var blocked = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &blocked)
        defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    static func qworker(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(Command.program("qworker"), arguments, environment: environment)
    }

    var output: String { text("out") }
    var errors: String { text("err") }
    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end; kills the program after a minute.
    /// - Returns: the exit status; 128 and the signal's number more for one that a signal ended.
    func end() async throws -> Int32 {
        if try await !eventually(within: .seconds(60), { !process.isRunning }) { signal(SIGKILL) }
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Tells the program to stop, and waits for its end.
    /// - Returns: the exit status.
    func terminate() async throws -> Int32 {
        signal(SIGTERM)
        return try await end()
    }

    private func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: folder.appending(path: name))) ?? Data(), as: UTF8.self)
    }
}
