import Foundation
import TestSupport
import Testing

/// An interleaving of several sessions, read from a file of `Tests/SQL/races`; its README tells the format.
struct Scenario: Sendable, CustomTestStringConvertible {
    /// What a step does. SQL and texts may hold `{name}`, replaced by what an earlier step kept under that name.
    enum Action: Sendable {
        /// Runs a statement.
        case run(String)
        /// Runs a statement again and again until its rows are the expected ones.
        case retry(String)
        /// Waits for a statement that was expected to block.
        case join
        /// Listens on a queue's channel, from a connection of its own.
        case listen(queue: String)
        /// Waits for a notification; nil: there is none up to now.
        case hear(payload: String?)
        /// Lets time pass.
        case pause(seconds: Double)
    }

    struct Step: Sendable {
        let line: Int
        let session: String
        var action: Action
        /// The rows in order, columns separated by ` | `; nil: any.
        var rows: [String]?
        /// The SQLSTATE it must fail with.
        var sqlState: String?
        /// Whether it must wait for a lock of another session.
        var blocks = false
        /// Names under which the columns of the first row are kept.
        var names: [String] = []
    }

    /// A change of the engine under which the scenario must fail.
    struct Mutation: Sendable, CustomTestStringConvertible {
        /// A function of `queue_internal` or `queue`, or `sql` for a statement of its own.
        let target: String
        let old: String
        let new: String
        var testDescription: String { "\(target): \(old) → \(new)" }
    }

    let name: String
    let mutations: [Mutation]
    let steps: [Step]

    var testDescription: String { name }

    /// Every scenario of the source tree, by name; with the environment variable QUOLL_SCENARIO, those whose name
    /// contains its value.
    static let all: [Scenario] = {
        let folder = Command.tree.appending(path: "Tests/SQL/races")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        let part = ProcessInfo.processInfo.environment["QUOLL_SCENARIO"]
        return files.filter { $0.pathExtension == "race" }.sorted { $0.path < $1.path }.compactMap { file in
            let name = file.deletingPathExtension().lastPathComponent
            guard part.map(name.contains) ?? true, let text = try? String(contentsOf: file, encoding: .utf8) else {
                return nil
            }
            return Scenario(name: name, text: text)
        }
    }()
}

extension Scenario {
    init(name: String, text: String) {
        var mutations: [Mutation] = []
        var steps: [Step] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.trimmingCharacters(in: .whitespaces)
            if content.isEmpty || content.hasPrefix("#") {
                continue
            } else if !line.hasPrefix(" ") {
                if let mutation = Self.mutation(content) {
                    mutations.append(mutation)
                } else {
                    steps.append(Self.step(content, line: index + 1))
                }
            } else if !steps.isEmpty {
                Self.extend(&steps[steps.count - 1], with: content)
            }
        }
        (self.name, self.mutations, self.steps) = (name, mutations, steps)
    }

    /// `mutation: FUNCTION | OLD | NEW`, where `\n` is a line's end, or `mutation: sql | STATEMENT`.
    private static func mutation(_ line: String) -> Mutation? {
        guard line.hasPrefix("mutation:") else { return nil }
        let parts = line.dropFirst("mutation:".count).components(separatedBy: " | ")
            .map { $0.trimmingCharacters(in: .whitespaces).replacing("\\n", with: "\n") }
        return Mutation(target: parts[0], old: parts[1], new: parts.count > 2 ? parts[2] : "")
    }

    /// `SESSION: SQL`, `SESSION until: SQL`, `SESSION ends`, `SESSION listens: QUEUE`, `SESSION hears: TEXT`, `pause: N`.
    private static func step(_ line: String, line number: Int) -> Step {
        let (head, tail) = halves(line)
        let words = head.split(separator: " ").map(String.init)
        let action: Action =
            switch words.dropFirst().first {
            case "until": .retry(tail)
            case "ends": .join
            case "listens": .listen(queue: tail)
            case "hears": .hear(payload: tail == "nothing" ? nil : tail)
            default: words[0] == "pause" ? .pause(seconds: Double(tail) ?? 1) : .run(tail)
            }
        return Step(line: number, session: words[0], action: action)
    }

    private static func halves(_ line: String) -> (String, String) {
        guard let colon = line.firstIndex(of: ":") else { return (line, "") }
        return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }

    /// An indented line: what is expected of the step before it, or more of its SQL.
    private static func extend(_ step: inout Step, with line: String) {
        if line == "= none" {
            step.rows = []
        } else if line.hasPrefix("= ") {
            step.rows = (step.rows ?? []) + [String(line.dropFirst(2))]
        } else if line.hasPrefix("! ") {
            step.sqlState = String(line.dropFirst(2))
        } else if line.hasPrefix("-> ") {
            step.names = line.dropFirst(3).split(separator: " ").map(String.init)
        } else if line == "blocks" {
            step.blocks = true
        } else if case .run(let sql) = step.action {
            step.action = .run(sql + "\n" + line)
        } else if case .retry(let sql) = step.action {
            step.action = .retry(sql + "\n" + line)
        }
    }
}
