import Foundation
import PostgresConnection
import TestSupport

/// A function of schema `queue`, as the catalogue and `sql/README.md` tell of it.
struct PublicFunction: Sendable {
    struct Parameter: Sendable {
        let name: String
        let type: String
        let isOptional: Bool
    }

    let name: String
    let parameters: [Parameter]
    /// The SQLSTATEs that it may raise.
    let sqlStates: Set<String>

    /// Every function that somebody may call.
    static func all(_ connection: PostgresConnection) async throws -> [PublicFunction] {
        let states = try documentedStates()
        return try await connection.query(
            """
            select p.proname as name, p.proargnames[1:p.pronargs] as names, p.pronargdefaults as defaults,
                array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as a (t, place)
                    order by a.place) as types
            from pg_proc as p
            where p.pronamespace = 'queue'::regnamespace and p.prokind = 'f'
            order by p.oid::regprocedure::text
            """
        ).map { row in
            let name = try row.decode("name", as: String.self)
            let names = try row.decodeIfPresent("names", as: [String].self) ?? []
            let types = try row.decode("types", as: [String].self)
            let required = try types.count - row.decode("defaults", as: Int.self)
            return PublicFunction(
                name: name,
                parameters: zip(names, types).enumerated().map { place, parameter in
                    Parameter(name: parameter.0, type: parameter.1, isOptional: place >= required)
                }, sqlStates: states[name] ?? [])
        }
    }

    /// The last column of the table of functions.
    private static func documentedStates() throws -> [String: Set<String>] {
        let text = try String(contentsOf: Command.tree.appending(path: "sql/README.md"), encoding: .utf8)
        var states: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            guard let match = try /^\| `([a-z_]+)\(.*\|([^|]*)\|$/.firstMatch(in: String(line)) else { continue }
            states[String(match.1), default: []].formUnion(match.2.matches(of: /[0-9A-Z]{5}/).map { String($0.0) })
        }
        return states
    }
}
