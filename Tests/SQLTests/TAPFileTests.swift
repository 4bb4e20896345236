import Testing

/// How the runner reads a script's output: no way for one to end that is not seen.
struct TAPFileTests {
    private let file = TAPFile(name: "api/x.sql", path: "/nowhere/x.sql")

    private func outcomes(_ output: String, status: Int32 = 0) -> [Assertion.Outcome] {
        file.assertions(of: TAPStream(output), status: status, errors: "").map(\.outcome)
    }

    @Test("A stream that keeps its plan is its assertions")
    func good() { #expect(outcomes("1..2\nok 1 - a\nok 2\n") == [.ok, .ok]) }

    @Test("A failed assertion comes with its diagnostics")
    func failed() {
        let found = file.assertions(
            of: TAPStream("1..1\nnot ok 1 - a\n# have: 1\n# want: 2\n"), status: 0, errors: "")
        #expect(found.map(\.outcome) == [.failed])
        #expect(found.map(\.diagnostics) == ["# have: 1\n# want: 2"])
    }

    @Test("A script that stops midway fails, twice over")
    func stops() { #expect(outcomes("1..3\nok 1 - a\n", status: 3) == [.ok, .failed, .failed]) }

    @Test("Too few assertions, too many, none, no plan: each fails")
    func plans() {
        #expect(outcomes("1..2\nok 1 - a\n") == [.ok, .failed])
        #expect(outcomes("1..1\nok 1 - a\nok 2 - b\n") == [.ok, .ok, .failed])
        #expect(outcomes("1..0\n") == [.failed])
        #expect(outcomes("ok 1 - a\n") == [.ok, .failed])
        #expect(outcomes("") == [.failed])
    }

    @Test("TODO is a known issue, SKIP a failure")
    func directives() {
        #expect(outcomes("1..1\nnot ok 1 - a # TODO later\n") == [.todo(reason: "later", isOK: false)])
        #expect(outcomes("1..1\nok 1 - a # TODO later\n") == [.todo(reason: "later", isOK: true)])
        #expect(outcomes("1..1\nok 1 # SKIP no time\n") == [.failed])
    }

    @Test("A number sign in a description is no directive")
    func numberSigns() {
        let stream = TAPStream("1..1\nok 1 - issue \\# 5 is gone\n")
        #expect(stream.lines.map(\.what) == ["issue # 5 is gone"])
    }

    @Test("A file that cannot be run is a failed assertion")
    func unrunnable() async {
        let found = await file.run()
        #expect(found.map(\.outcome) == [.failed, .failed])
    }
}
