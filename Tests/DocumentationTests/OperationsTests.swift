import Foundation
import TestSupport
import Testing

/// What docs/operations.md says of health() and its examples, against the SQL.
struct OperationsTests {
    private let operations: Document

    init() throws { operations = try Document("docs/operations.md") }

    @Test func `Every check of health is in the table, and no other`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let checks = try await Shell.sql("select check_name from queue.health()", database: database)
        #expect(operations.table(["check", "not ok when"]).map { $0[0].code }.sorted() == checks.sorted())
    }

    @Test func `Every reason that explain gives is in the table, and no other`() throws {
        func source(_ path: String) throws -> String {
            try String(contentsOf: Document.tree.appending(path: path), encoding: .utf8)
        }
        let files = ["api/explain", "internal/explain", "internal/fail"]
        let given = try files.map { try source("sql/\($0).sql") }.joined()
        let reasons = given.matches(of: #/'([A-Z]+(?:_[A-Z]+)*)'/#).map { String($0.1) }
        let described = operations.table(["reason", "the job"])
            .flatMap { $0[0].components(separatedBy: ", ") }.map(\.code)
        #expect(described.count > 5)
        #expect(Set(described) == Set(reasons))
    }

    @Test func `The SQL examples run`() async throws {
        let blocks = operations.blocks("sql")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let database = try await TestCluster.shared().makeDatabase(installed: true)
            _ = try await Shell.sql(block, database: database)
        }
    }

    @Test func `Each key that maintain returns is described`() async throws {
        let database = try await TestCluster.shared().makeDatabase(installed: true)
        let keys = try await Shell.sql("select jsonb_object_keys(queue.maintain())", database: database)
        #expect(!keys.isEmpty)
        let text = operations.lines.joined(separator: "\n")
        for key in keys { #expect(text.contains("`\(key)`"), "\(key)") }
    }

    @Test func `An owner who may not see other roles' sessions is told so by health`() async throws {
        // the roles are the cluster's: after another install this owner need not make them
        _ = try await TestCluster.shared().makeDatabase(installed: true)
        let database = try await TestCluster.shared().makeDatabase(installed: false)
        let hints = try await Shell.run(
            """
            set -e
            role=owner_$$
            psql -Xq -d "$DATABASE_URL" -c "create role $role" -c "grant $role to current_user" \
                -c "do 'begin execute format(''grant create on database %I to $role'', current_database()); end'"
            qinstall print | psql -Xq -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -o /dev/null -c "set role $role" -f - >&2
            psql -XqAt -d "$DATABASE_URL" -c "select hint from queue.health() where check_name = 'snapshot horizon'"
            psql -XqAt -d "$DATABASE_URL" -c "grant pg_read_all_stats to $role"
            psql -XqAt -d "$DATABASE_URL" -c "select hint is null from queue.health() where check_name = 'snapshot horizon'"
            """, database: database)
        #expect(hints.status == 0, "\(hints.errors)")
        #expect(hints.lines.first?.contains("grant pg_read_all_stats") == true, "\(hints.output)")
        #expect(hints.lines.last == "t")
    }
}
