import Foundation
import TestSupport

/// A file of pgTAP assertions under `Tests/SQL`, run by psql in a database of its own.
struct TAPFile: Sendable {
    /// Its path below `Tests/SQL`.
    let name: String
    let path: String

    /// The folders of files that run alone in one session; `Tests/SQL/races` has sessions that meet.
    static let folders = ["api", "contract"]

    static let top = Command.tree.appending(path: "Tests/SQL")

    /// All files, by name.
    static var all: [TAPFile] {
        folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: top.appending(path: folder).path)) ?? []
            return names.filter { $0.hasSuffix(".sql") }.sorted().map { name in
                TAPFile(name: "\(folder)/\(name)", path: top.appending(path: "\(folder)/\(name)").path)
            }
        }
    }

    /// Runs all files, three at a time, for they mostly wait; their assertions in the order of the files.
    static func runAll() async -> [Assertion] {
        await withTaskGroup(of: (Int, [Assertion]).self) { group in
            var waiting = Array(all.enumerated())[...]
            var done: [Int: [Assertion]] = [:]
            for _ in 0..<3 {
                guard let (place, file) = waiting.popFirst() else { break }
                group.addTask { (place, await file.run()) }
            }
            while let (place, assertions) = await group.next() {
                done[place] = assertions
                guard let (next, file) = waiting.popFirst() else { continue }
                group.addTask { (next, await file.run()) }
            }
            return done.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    /// Runs the file. Whatever keeps it from running to its end is an assertion that failed.
    func run() async -> [Assertion] {
        do {
            let database = try await TestCluster.shared().makeDatabase(installed: true, withPgTAP: true)
            let run = try await Command.run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", path])
            return assertions(of: TAPStream(run.output), status: run.status, errors: run.errors)
        } catch {
            return [failure("the file could not be run", "\(error)")]
        }
    }

    /// What a stream says, and what is wrong with it as a whole.
    func assertions(of stream: TAPStream, status: Int32, errors: String) -> [Assertion] {
        let text = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(
            separator: "\n", omittingEmptySubsequences: false)
        var found = stream.lines.map { line in
            Assertion(
                file: name, path: path, number: line.number, what: line.what, outcome: outcome(of: line),
                diagnostics: line.diagnostics.joined(separator: "\n"),
                line: (text.firstIndex { $0.contains("'\(line.what.replacing("'", with: "''"))'") } ?? 0) + 1)
        }
        if status != 0 { found.append(failure("psql ended with status \(status)", errors)) }
        switch stream.plan {
        case nil: found.append(failure("there is no plan", errors))
        case 0: found.append(failure("there are no assertions", errors))
        case .some(let plan) where plan != stream.lines.count:
            found.append(failure("\(plan) assertions were planned and \(stream.lines.count) ran", errors))
        default: break
        }
        return found
    }

    /// A skipped assertion has proved nothing: here that is a failure.
    private func outcome(of line: TAPStream.Line) -> Assertion.Outcome {
        switch line.directive {
        case nil: line.isOK ? .ok : .failed
        case .some(("TODO", let reason)): .todo(reason: reason, isOK: line.isOK)
        case .some: .failed
        }
    }

    private func failure(_ what: String, _ diagnostics: String) -> Assertion {
        Assertion(file: name, path: path, number: 0, what: what, outcome: .failed, diagnostics: diagnostics)
    }
}
