import Testing

@testable import QuollSchema

/// How two catalogues are compared, and how one is written down.
@Suite struct CatalogueTests {
    private func catalogue(_ facts: [(String, String, String)], major: Int? = nil) -> Catalogue {
        var catalogue = Catalogue()
        catalogue.postgresMajor = major
        for (object, property, value) in facts { catalogue.add(object: object, property: property, value: value) }
        return catalogue
    }

    @Test func `a catalogue is read back as it is written, whatever its values hold`() {
        let catalogue = catalogue(
            [("table a.b", "comment", "two\nlines\tand \\n no break \\"), ("schema a", "owner", "installer")], major: 15
        )
        #expect(Catalogue(text: catalogue.text) == catalogue)
        #expect(catalogue.text.split(separator: "\n").count == 3)
    }

    @Test func `the same catalogue has no differences`() {
        let catalogue = catalogue([("table a.b", "owner", "installer")])
        #expect(catalogue.differences(to: catalogue).isEmpty)
    }

    @Test func `a missing table is one difference, and so is an added one`() {
        let full = catalogue([
            ("table a.b", "owner", "x"), ("table a.b column c", "definition", "int"),
            ("table a.b index i", "definition", "…"), ("table a.bc", "owner", "x"),
        ])
        let rest = catalogue([("table a.bc", "owner", "x")])
        #expect(full.differences(to: rest).map(\.description) == ["table a.b: missing"])
        #expect(rest.differences(to: full).map(\.description) == ["table a.b: not part of this version"])
    }

    @Test func `a changed value, a lost and a new one are told with what was expected`() {
        let expected = catalogue([
            ("function q.f()", "body", "1"), ("function q.f()", "grants to w", "execute"),
            ("function q.f()", "result", "int"),
        ])
        let found = catalogue([
            ("function q.f()", "body", "2"), ("function q.f()", "grants to public", "execute"),
            ("function q.f()", "result", "bigint"),
        ])
        #expect(
            expected.differences(to: found).map(\.description) == [
                "function q.f(): body differs", "function q.f(): grants to public: expected none, found execute",
                "function q.f(): grants to w: expected execute, found none",
                "function q.f(): result: expected int, found bigint",
            ])
    }

    @Test func `the definition of a view is compared on the same major version only`() {
        let expected = catalogue([("view q.v", "definition", "1")], major: 15)
        #expect(expected.differences(to: catalogue([("view q.v", "definition", "2")], major: 16)).isEmpty)
        #expect(expected.differences(to: catalogue([("view q.v", "definition", "2")], major: 15)).count == 1)
    }
}
