import QuollSchema
import Testing

/// How the files of `sql/` become one script.
@Suite struct SchemaSourceTests {
    private func source(
        _ files: [String: String], version: SchemaVersion = SchemaVersion(1, 0, 0)
    ) -> SchemaSource {
        SchemaSource(version: version, files: files)
    }

    @Test func `a line that includes a file becomes that file, relative to the file it stands in`() throws {
        let source = source([
            "install.sql": "-- contents\n\\ir schema.sql\n\\ir api/a.sql\n",
            "schema.sql": "\\ir schema/one.sql \n\\ir schema/two.sql\n",
            "schema/one.sql": "one;\n",
            "schema/two.sql": "\\ir deep/three.sql\ntwo;\n",
            "schema/deep/three.sql": "three;\n",
            "api/a.sql": "a;",
        ])
        #expect(try source.installScript() == "-- contents\none;\nthree;\ntwo;\na;")
    }

    @Test func `a text that only looks like a command inside a line stays`() throws {
        let text = "select '\\ir x' || $$ \\ir y $$;"
        #expect(try source(["install.sql": text]).installScript() == text)
    }

    @Test func `a file that is missing is named, with the file that wants it`() {
        let source = source(["install.sql": "\\ir gone.sql\n"])
        let error = #expect(throws: InstallerError.self) { try source.installScript() }
        #expect(error?.code == .brokenSource)
        #expect(error?.message.contains("sql/gone.sql, which sql/install.sql names") == true)
    }

    @Test func `files that include each other are refused`() {
        let source = source(["install.sql": "\\ir a.sql", "a.sql": "\\ir b.sql", "b.sql": "\\ir a.sql"])
        #expect(throws: InstallerError.self) { try source.installScript() }
    }

    @Test func `psql commands other than an include are refused`() {
        let error = #expect(throws: InstallerError.self) {
            try source(["install.sql": "\\set x 1\n"]).installScript()
        }
        #expect(error?.message.contains("\\set x 1") == true)
    }

    @Test func `an upgrade runs every migration on the way, then all routines`() throws {
        let source = source(
            [
                "migrations/0.1.0--0.2.0.sql": "m2;\n", "migrations/0.2.0--0.10.0.sql": "m10;\n",
                "migrations/0.10.0--0.11.0.sql": "m11;\n", "routines.sql": "\\ir api/a.sql\n", "api/a.sql": "a;\n",
            ], version: SchemaVersion(0, 10, 0))
        #expect(try source.upgradeScript(from: SchemaVersion(0, 1, 0)) == "m2;\nm10;\na;")
        #expect(try source.upgradeScript(from: SchemaVersion(0, 2, 0)) == "m10;\na;")
    }

    @Test func `a gap between the migrations is an error that says where`() {
        let source = source(
            ["migrations/0.1.0--0.2.0.sql": "", "routines.sql": ""], version: SchemaVersion(0, 3, 0))
        let error = #expect(throws: InstallerError.self) { try source.upgradeScript(from: SchemaVersion(0, 1, 0)) }
        #expect(error?.code == .noUpgradePath)
        #expect(error?.hint == "nothing leads on from 0.2.0")
    }
}
