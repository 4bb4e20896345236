import Foundation
import TestSupport
import Testing

/// The tables of sql/README.md against what an install makes.
struct FunctionTests {
    private let document: Document

    init() throws { document = try Document("sql/README.md") }

    /// Signature, returns, rights, SQLSTATEs.
    private var functions: [[String]] {
        document.table(["function", "returns", "rights", "SQLSTATEs"])
    }

    @Test func `Every public function is in the table with its parameters, and no other`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let installed = try await Shell.sql(
            """
            select p.proname || '(' || coalesce(array_to_string(p.proargnames[:p.pronargs], ', '), '') || ')'
            from pg_proc as p
            where p.pronamespace = 'queue'::regnamespace
            """, database: database)
        #expect(functions.map { $0[0].code }.sorted() == installed.sorted())
    }

    @Test func `The rights are those that are granted`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let granted = try await Shell.sql(
            """
            select p.proname || '(' || coalesce(array_to_string(p.proargnames[:p.pronargs], ', '), '') || ')',
                string_agg(r.letter, ' ' order by r.place)
                    filter (where has_function_privilege(r.role, p.oid, 'execute'))
            from pg_proc as p
            cross join (values (1, 'P', 'queue_producer'), (2, 'W', 'queue_worker'), (3, 'O', 'queue_operator'),
                (4, 'M', 'queue_monitor')) as r (place, letter, role)
            where p.pronamespace = 'queue'::regnamespace
            group by p.oid
            """, database: database)
        #expect(functions.map { "\($0[0].code) | \($0[2])" }.sorted() == granted.sorted())
    }

    @Test func `Every view and type is named`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let installed = try await Shell.sql(
            """
            select 'queue.' || c.relname from pg_class as c
            where c.relnamespace = 'queue'::regnamespace and c.relkind = 'v'
            union
            select 'queue.' || t.typname from pg_type as t left join pg_class as c on c.oid = t.typrelid
            where t.typnamespace = 'queue'::regnamespace and (t.typtype = 'e' or c.relkind = 'c')
            """, database: database)
        #expect(!installed.isEmpty)
        let text = document.prose.joined(separator: "\n")
        for name in installed { #expect(text.contains("`\(name)`"), "\(name)") }
    }

    @Test func `Every SQLSTATE that the SQL raises is explained, and each in the table of functions is`() throws {
        let explained = Set(document.table(["SQLSTATE", "means"]).map { $0[0] })
        let named = Set(functions.flatMap { $0[3].components(separatedBy: ", ") }.filter { !$0.isEmpty })
        let sql = Document.tree.appending(path: "sql")
        let files = FileManager.default.enumerator(atPath: sql.path)?.compactMap { $0 as? String } ?? []
        var raised: Set<String> = []
        for file in files where file.hasSuffix(".sql") {
            let text = try String(contentsOf: sql.appending(path: file), encoding: .utf8)
            raised.formUnion(text.matches(of: /errcode = '([0-9A-Z]{5})'/).map { String($0.1) })
        }
        #expect(raised.count > 3)
        #expect(raised.subtracting(explained) == [])
        #expect(named.subtracting(explained) == [])
        // 42501 stands in the text for all of them
        #expect(raised.subtracting(named).subtracting(["42501"]) == [])
    }

    @Test func `Every folder and list of sql is described`() throws {
        let layout = try #require(document.blocks("").first).split(separator: "\n")
        let names = try FileManager.default.contentsOfDirectory(atPath: Document.tree.appending(path: "sql").path)
        for name in names where name != "README.md" {
            #expect(layout.contains { $0.hasPrefix(name.hasSuffix(".sql") ? name : name + "/") }, "\(name)")
        }
    }
}
