import QuollSchema
import Testing

@Suite struct SchemaVersionTests {
    @Test func `a version is read back as it is written`() {
        #expect(SchemaVersion("0.1.0")?.description == "0.1.0")
        #expect(SchemaVersion("12.0.345") == SchemaVersion(12, 0, 345))
    }

    @Test(arguments: ["", "1", "1.2", "1.2.3.4", "1..3", "a.b.c", "1.2.-3", "1.2.3 ", "1.2.+3"])
    func `what is not a version is none`(text: String) {
        #expect(SchemaVersion(text) == nil)
    }

    @Test func `versions are ordered by number, not by letter`() throws {
        #expect(SchemaVersion(0, 9, 0) < SchemaVersion(0, 10, 0))
        #expect(SchemaVersion(0, 9, 9) < SchemaVersion(1, 0, 0))
        #expect(!(SchemaVersion(1, 0, 0) < SchemaVersion(1, 0, 0)))
    }
}
