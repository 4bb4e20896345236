import PostgresConnection

/// Why a mutation could not be made.
struct MutationError: Error, CustomStringConvertible {
    let description: String
}

extension Scenario.Mutation {
    /// Changes the engine of one database.
    func apply(to connection: PostgresConnection) async throws {
        if target == "sql" {
            try await connection.execute(old)
            return
        }
        let changed = try await connection.query(
            """
            select replace(definition, $2, $3) as changed
            from pg_proc as p
            join pg_namespace as n on n.oid = p.pronamespace and n.nspname in ('queue', 'queue_internal')
            cross join lateral pg_get_functiondef(p.oid) as definition
            where p.proname = $1 and strpos(definition, $2) > 0
            """, [.text(target), .text(old), .text(new)])
        guard !changed.isEmpty else {
            throw MutationError(description: "no function \(target) holds: \(old)")
        }
        for row in changed { try await connection.execute(row.decode("changed")) }
    }
}
