import Testing

@testable import QuollWorker

/// What counts as a result: the documents that Postgres takes for jsonb, up to bounds of depth and of numbers.
struct JSONTextTests {
    private static let texts = [
        "null", "true", "false", "0", "-0", "17", "1.5", "1e3", "1E+3", "2e-10", " [ ] ", "{ }",
        #"{"a": [1, {"b": ""}], "a": 2}"#,
        #""\u00e9\ud83d\ude00\\u0000\/""#, "\"\u{1f600}\"", "[[[[]]]]", "\r\n1\t", "1e1000",
        String(repeating: "9", count: 1000),
        "", " ", "nul", "nulls", "True", "01", "1.", ".5", "+1", "1e", "-", "nan", "1 2", "[1,]", "[,1]", "[1 2]",
        "{\"a\": 1,}",
        "{\"a\" 1}", "{a: 1}", "{1: 1}", "{\"a\": 1, 2}", "[1}", "]", "[", "{", "\"", "\"a\tb\"", "'a'", #""\x""#,
        #""\u12""#, #""\u+123""#,
        #""\u0000""#, #""\ud800""#, #""\udc00\ud800""#, #""\ud800\u0041""#, "\u{feff}{}", "\u{a0}1", "1\0", "\01",
        "// c\n1", "1e400000",
    ]

    @Test func `What counts as JSON is what Postgres stores`() async throws {
        let database = try await Database.make()
        try await database.sql(
            """
            create function is_jsonb(t text) returns boolean language plpgsql as $$
            begin return t::jsonb is not null; exception when others then return false; end $$
            """)
        for text in Self.texts {
            // a NUL is no text to Postgres
            let answer = text.contains("\0") ? "f" : try await database.sql("select is_jsonb(\(quoted(text)))")
            #expect((JSONText.ifValid(Array(text.utf8)) != nil) == (answer == "t"), "\(text)")
        }
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    @Test func `Invalid UTF-8, numbers without end and thousands of levels are no results`() {
        #expect(JSONText.ifValid([0x22, 0xff, 0x22]) == nil)
        #expect(JSONText.ifValid(Array("1e1001".utf8)) == nil)
        #expect(JSONText.ifValid(Array("\(String(repeating: "9", count: 1001))".utf8)) == nil)
        for (levels, isResult) in [(512, true), (513, false), (100_000, false)] {
            let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            #expect((JSONText.ifValid(Array(text.utf8)) != nil) == isResult, "\(levels)")
        }
    }
}
