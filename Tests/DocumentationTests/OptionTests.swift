import Foundation
import TestSupport
import Testing

/// The tables of queue options in docs/operations.md against the SQL.
struct OptionTests {
    private let operations: Document

    init() throws { operations = try Document("docs/operations.md") }

    /// Name, default, values, each as it is written.
    private var options: [[String]] {
        operations.table(["option", "default", "values", "meaning"]).map { $0.map(\.code) }
    }

    @Test func `Every option is in the table, and no other`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let run = try await Shell.run(
            #"psql -XAt -d "$DATABASE_URL" -c "select queue.create_queue('q', '{\"\": 1}')""#, database: database)
        let hint = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("HINT:") })
        let known = hint.split(separator: ":").last?.split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(Set(options.map { $0[0] } + ["preset"]) == Set(known ?? []))
    }

    @Test func `The defaults are those of a new queue`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let defaults = options.map { "\"\($0[0])\": \(json($0[1]))" }.joined(separator: ", ")
        let different = try await Shell.sql(
            """
            select queue.create_queue('stated', '{\(defaults)}');
            select queue.create_queue('plain');
            \(differences("stated", "plain"))
            """, database: database)
        #expect(different == [])
    }

    @Test func `The presets are what the table says`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let names = ["backoff_base", "backoff_factor", "backoff_cap", "backoff_jitter", "max_attempts"]
        let presets = operations.table(["preset"] + names.map { "`\($0)`" })
        #expect(presets.count == 4)
        for preset in presets.map({ $0.map(\.code) }) {
            let stated = zip(names, preset.dropFirst()).map { "\"\($0)\": \(json($1))" }.joined(separator: ", ")
            let different = try await Shell.sql(
                """
                select queue.create_queue('stated \(preset[0])', '{\(stated)}');
                select queue.create_queue('preset \(preset[0])', '{"preset": "\(preset[0])"}');
                \(differences("stated \(preset[0])", "preset \(preset[0])"))
                """, database: database)
            #expect(different == [], "\(preset[0])")
        }
    }

    @Test func `Values within the bounds are taken, those beyond are refused`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        var calls: [(call: String, isGood: Bool)] = []
        for option in options {
            let values = Self.examples(of: option[2])
            #expect(!values.good.isEmpty && !values.bad.isEmpty, "\(option[2])")
            calls += (values.good.map { ($0, true) } + values.bad.map { ($0, false) }).map { value, isGood in
                ("create_queue(gen_random_uuid()::text, jsonb_build_object('\(option[0])', \(value)))", isGood)
            }
        }
        let script = "\\set ON_ERROR_STOP off\n" + calls.map { "select queue.\($0.call);\n\\echo :SQLSTATE\n" }.joined()
        let states = try await Shell.sql(script, database: database)
        #expect(states.count == calls.count)
        for (call, state) in zip(calls, states) {
            #expect(state == (call.isGood ? "00000" : "22023"), "\(call.call)")
        }
    }

    /// SQL expressions for values that the text allows, and for some that it does not.
    private static func examples(of values: String) -> (good: [String], bad: [String]) {
        if values == "true or false" { return (["true", "false"], ["1", "'true'"]) }
        if values == "array of texts" { return (["array['A']", "array[]::text[]"], ["array[1]", "'A'"]) }
        if values == "attempts or receipts" {
            return (["'attempts'::text", "'receipts'::text"], ["'all'::text", "1"])
        }
        if values == "object of weights, 1 to 99" {
            let good = ["'{}'::jsonb", "'{\"a\": 1, \"b\": 99}'::jsonb"]
            return (good, ["'{\"a\": 0}'::jsonb", "'{\"a\": 100}'::jsonb", "array[1]", "1"])
        }
        let ends = values.components(separatedBy: " to ")
        guard ends.count == 2 else { return ([], []) }
        if let least = Int(ends[0]), let most = Int(ends[1]) {
            return (["\(least)", "\(most)"], ["\(least - 1)", "\(most + 1)", "'\(least)'"])
        }
        let (least, most) = ("interval '\(ends[0])'", "interval '\(ends[1])'")
        return (
            [least, most].map { "(\($0))::text" },
            ["(\(least) - interval '1 millisecond')::text", "(\(most) + interval '1 day')::text", "'soon'", "5"]
        )
    }

    /// A default as JSON: an interval is a text, and so is a word.
    private func json(_ text: String) -> String {
        let isInterval = text.first.map { $0.isNumber } == true && text.contains(" ")
        let isWord = text.allSatisfy(\.isLetter) && text != "true" && text != "false"
        return isInterval || isWord ? "\"\(text)\"" : text
    }

    /// A query for the names of the options in which two queues differ.
    private func differences(_ one: String, _ other: String) -> String {
        """
        select o.key
        from queue_internal.queue as a, queue_internal.queue as b,
            jsonb_object_keys(to_jsonb(a)) as o (key)
        where a.name = '\(one)' and b.name = '\(other)' and o.key not in ('name', 'created_at', 'lanes')
            and to_jsonb(a) -> o.key <> to_jsonb(b) -> o.key;
        """
    }
}
