import Testing

/// What the pgTAP files under `Tests/SQL` say about the schema: every assertion is a case of this test.
struct SQLTests {
    @Test("A pgTAP assertion holds", arguments: await TAPFile.runAll())
    func holds(_ assertion: Assertion) {
        switch assertion.outcome {
        case .ok: break
        case .failed: Issue.record(assertion.comment, sourceLocation: assertion.location)
        case .todo(let reason, let isOK):
            withKnownIssue("\(reason)", sourceLocation: assertion.location) {
                if !isOK { Issue.record(assertion.comment, sourceLocation: assertion.location) }
            }
        }
    }

    @Test("Every pgTAP file is run")
    func findsFiles() {
        let names = TAPFile.all.map(\.name)
        #expect(names.contains("api/enqueue.sql"))
        #expect(names.contains("contract/functions.sql"))
        #expect(!names.contains { $0.hasPrefix("support/") }, "what the files share is not a file of tests")
    }
}
