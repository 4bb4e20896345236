import Foundation
import TestSupport
import Testing

/// The programs, run with made-up arguments, environments and files: QUOLL_FUZZ_RUNS times each (60), from
/// QUOLL_FUZZ_SEED on. Each run ends soon, with a status that is documented and a line that says why, and tells no
/// password; afterwards queues work.
@Suite(.serialized) struct ProgramFuzzTests {
    /// Statuses that the manuals name.
    private static let statuses: [String: Set<Int32>] = [
        "qinstall": Set(0...14).union([64]), "qctl": [0, 1, 2, 3, 4, 64], "qworker": [0, 64, 69, 78],
    ]

    private let folder = FileManager.default.temporaryDirectory.appending(path: "quoll-fuzz-\(UUID().uuidString)")

    private func fuzz(
        _ program: String, arguments: (inout CommandLineGenerator, Int) throws -> ([String], [String: String])
    ) async throws {
        let url = try await TestCluster.shared().makeDatabase(installed: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var generator = CommandLineGenerator(seed: FuzzSettings.seed, url: url)
        var findings = Findings()
        var statuses: [Int32: Int] = [:]
        for number in 1...FuzzSettings.runs {
            let (arguments, environment) = try arguments(&generator, number)
            let input = generator.random.pick(["", "{}", "\0", "\u{feff}[", String(repeating: "[", count: 100_000)])
            // the raw bytes are no UTF-8; a program that hangs is killed, which is status 137
            let raw = generator.random.once(in: 30) ? "\"$(printf '\\377\\376')\"" : ""
            let script = "exec timeout -s KILL 90 \"$0\" \"$@\" \(raw)"
            let done = try await Command.run(
                "sh", ["-c", script, Command.program(program)] + arguments, environment: environment, input: input)
            statuses[done.status, default: 0] += 1
            if let (kind, what) = fault(program, done) {
                findings.add(
                    kind,
                    "\(program) \(number): \(what): \(shown(arguments)) \(environment.mapValues { $0.prefix(200) }): "
                        + "status \(done.status), \(done.errors.prefix(600).debugDescription)")
            }
            if number.isMultiple(of: 1000) { FuzzSettings.tell("\(program): \(number) runs, \(statuses)") }
        }
        FuzzSettings.tell("\(program): \(FuzzSettings.runs) runs, \(statuses.sorted { $0.key < $1.key })")
        for finding in findings.texts.values { Issue.record("QUOLL_FUZZ_SEED=\(FuzzSettings.seed): \(finding)") }
        // a generator that is refused everything, or nothing, tests little; few runs may happen to be alike
        let least = FuzzSettings.runs < 200 ? 0 : FuzzSettings.runs / 20
        #expect((statuses[0] ?? 0) >= least && (statuses[64] ?? 0) >= least)
        try await work(url)
    }

    private func shown(_ arguments: [String]) -> [String] { arguments.map { String($0.prefix(200)) } }

    /// What is wrong with a run, and under which name it is told once.
    private func fault(_ program: String, _ done: Command) -> (kind: String, what: String)? {
        let name = "\(program) \(done.status)"
        if done.status == 137 { return (name, "does not end") }
        guard Self.statuses[program]?.contains(done.status) == true else { return (name, "ends in no documented way") }
        if (done.output + done.errors).contains(CommandLineGenerator.secret) {
            return (name + " secret", "tells a password")
        }
        let lines = done.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        switch done.status {
        case 0: return program == "qworker" || lines.isEmpty ? nil : (name + " line", "complains of success")
        default:
            if lines.isEmpty, !done.output.isEmpty { return nil }  // a report with something bad in it
            let isClear =
                lines.count == 1 && lines[0].hasPrefix("\(program): ") && lines[0].unicodeScalars.count <= 1100
            return isClear ? nil : (name + " line", "does not say why in one line")
        }
    }

    /// A job goes through a new queue, by the programs themselves.
    private func work(_ url: String) async throws {
        func run(_ program: String, _ arguments: String...) async throws -> Command {
            try await Command.run(
                Command.program(program), arguments, environment: ["DATABASE_URL": url, "PGPASSWORD": nil])
        }
        let install = try await run("qinstall", "install")
        #expect(install.status == 0, "\(install)")
        let job = try await run("qctl", "enqueue", "still works", "k").output.trimmingCharacters(in: .newlines)
        let worker = try await run("qworker", "--queue", "still works", "--handler", "k=exec:echo 17", "--drain")
        #expect(worker.status == 0, "\(worker)")
        #expect(try await run("qctl", "job", "wait", job, "--timeout", "0").output == "succeeded\n")
        #expect(try await run("qctl", "verify").status == 0)
    }

    @Test func `qinstall understands, or says why not`() async throws {
        try await fuzz("qinstall") { generator, _ in (generator.qinstall(), generator.environment()) }
    }

    @Test func `qctl understands, or says why not`() async throws {
        try await fuzz("qctl") { generator, number in
            number == 1
                ? (["enqueue", "fuzz", "k"], generator.environment()) : (generator.qctl(), generator.environment())
        }
    }

    @Test func `qworker understands, or says why not`() async throws {
        try await fuzz("qworker") { [folder] generator, _ in
            var arguments = generator.qworker()
            if generator.random.once(in: 5) {
                let (name, text) = generator.configuration()
                let file = folder.appending(path: name)
                try Data(text.utf8).write(to: file)
                arguments += ["--config", generator.random.once(in: 6) ? generator.text() : file.path]
            }
            return (arguments, generator.qworkerEnvironment())
        }
    }
}
