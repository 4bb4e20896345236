import Foundation
import TestSupport
import Testing

/// What the documents say of the programs' options and exit statuses, against the programs.
struct CommandLineTests {
    /// Option, environment, file, default, meaning.
    private let table: [[String]]

    init() throws {
        table = try Document("docs/workers.md").table(["option", "environment", "file", "default", "meaning"])
    }

    @Test func `Every option of qworker is in the table, and no other`() async throws {
        let help = try await Shell.run("qworker --help").output
        let options = help.split(separator: "OPTIONS:").last?.matches(of: #/(?m)^  (?:-h, )?(--[a-z-]+)/#).map {
            String($0.1)
        }
        let documented = table.compactMap { $0[0].firstMatch(of: /--[a-z-]+/).map { String($0.0) } }
        #expect(Set(documented + ["--help"]) == Set(options ?? []))
        #expect(documented.count == table.count)
    }

    @Test func `Each option's default is the one that qworker names`() async throws {
        let help = try await Shell.run("COLUMNS=1000 qworker --help").output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for row in table {
            guard row[3].contains(/^[0-9]+s?$/), let option = row[0].firstMatch(of: /--[a-z-]+/)?.0 else { continue }
            let text = help.components(separatedBy: " \(option) ").last?.components(separatedBy: " --").first ?? ""
            #expect(text.contains("default: \(row[3]))"), "\(option): \(text)")
        }
    }

    @Test func `The keys of the file are those that qworker looks for`() throws {
        let folder = Document.tree.appending(path: "Sources/qworker")
        let source = try ["Settings", "Sources"].map {
            try String(contentsOf: folder.appending(path: "\($0).swift"), encoding: .utf8)
        }.joined()
        let keys = source.matches(of: #/(?:values\.[a-z]+|value)\("([a-zA-Z]+)"/#).map { String($0.1) }
        #expect(Set(table.map { $0[2].code }.filter { !$0.isEmpty }) == Set(keys))
    }

    @Test func `Each variable in the table is looked at, and so is each key of a file`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let texts = ["queues", "routingKeys", "handlers", "limits", "timeouts", "databaseUrl", "name", ""]
        for row in table where !texts.contains(row[2].code) {
            let run = try await Shell.run(
                """
                folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
                echo '\(row[2].code): strange' > "$folder/file.yaml"
                work() { qworker --queue q --handler k=builtin:noop --drain "$@"; echo $?; }
                \(row[1].code)=strange work; work --config "$folder/file.yaml"
                """, database: database)
            #expect(run.lines == ["64", "64"], "\(row[2]): \(run.errors)")
        }
    }

    @Test func `qworker takes the configuration file that is shown`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let file = try #require(try Document("docs/workers.md").blocks("yaml").first)
        let run = try await Shell.run(
            """
            file=$(mktemp --suffix=.yaml); trap 'rm -f "$file"' EXIT
            printf '%s\\n' "$TEXT" > "$file"
            qworker --config "$file" --drain
            """, database: database, environment: ["TEXT": file])
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func `qworker takes the command line that is shown`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let command = try #require(try Document("docs/workers.md").blocks("sh").first)
        let run = try await Shell.run(command + " --drain", database: database)
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func `The exit statuses of qinstall are those that it tells`() async throws {
        let help = try await Shell.run("COLUMNS=1000 qinstall --help").output
        let told = help.matches(of: #/(?m)^ +([0-9]+)  (.+)$/#).map { "\($0.1) \($0.2)" }
        let statuses = try Document("docs/operations.md").table(["status", "meaning"]).map { "\($0[0]) \($0[1])" }
        #expect(statuses.filter { !$0.hasPrefix("64 ") } == told)
        #expect(try await Shell.run("qinstall dance").status == 64)
    }

    @Test func `Every action of qinstall is described`() async throws {
        let help = try await Shell.run("COLUMNS=1000 qinstall --help").output
        let actions = help.matches(of: #/(?m)^  ([a-z]+)  +[a-z]/#).map { $0.1 }
        #expect(actions.count > 5)
        let text = try Document("docs/operations.md").lines.joined(separator: "\n")
        for action in actions { #expect(text.contains("qinstall \(action)"), "\(action)") }
    }

    @Test func `Every command of qctl is described, and its exit statuses`() async throws {
        let text = try Document("docs/operations.md").lines.joined(separator: "\n")
        let help = try await Shell.run("COLUMNS=1000 qctl --help").output
        let commands = Self.subcommands(help)
        #expect(commands.count > 5)
        for command in commands {
            let row = try #require(text.split(separator: "\n").first { $0.contains("`qctl \(command)") }, "\(command)")
            for subcommand in Self.subcommands(try await Shell.run("COLUMNS=1000 qctl \(command) --help").output) {
                #expect(row.contains(" \(subcommand)`") || row.contains("`\(subcommand)`"), "\(command) \(subcommand)")
            }
        }
        #expect(!Self.statuses(help).isEmpty)
        #expect(Self.statuses(text) == Self.statuses(help))
    }

    /// The sentence that lists exit statuses, whatever the line ends and the punctuation in it.
    private static func statuses(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let sentence = words.firstMatch(of: #/Exit statuses: (0 done[^.]*)\./#).map { String($0.1) } ?? ""
        return sentence.replacing("`", with: "").replacing(";", with: ",")
    }

    private static func subcommands(_ help: String) -> [String] {
        let parts = help.components(separatedBy: "SUBCOMMANDS:")
        return parts.count < 2 ? [] : parts[1].matches(of: #/(?m)^  ([a-z]+) +[A-Z]/#).map { String($0.1) }
    }
}
