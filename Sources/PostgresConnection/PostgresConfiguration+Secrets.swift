internal import CLibPQ
import Foundation

/// What is printed of a configuration, and what errors say of it, holds no credentials.
extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String { "PostgresConfiguration(applicationName: \(applicationName ?? "quoll"))" }

    public var customMirror: Mirror {
        Mirror(self, children: ["applicationName": applicationName as Any, "connectTimeout": connectTimeout])
    }

    /// Why libpq cannot read the URL; `nil` when it can.
    var problem: PostgresError? {
        if url.utf8.contains(0) { return Arguments.nulByte }
        guard isConnectionString else { return nil }
        var said: UnsafeMutablePointer<CChar>?
        if let options = PQconninfoParse(url, &said) {
            PQconninfoFree(options)
            return nil
        }
        defer { PQfreemem(said) }
        let message = said.map { String(cString: $0).oneLine } ?? "out of memory"
        // libpq quotes from the text, where a password may stand anywhere; only the names of options are kept.
        let isOption =
            message.hasPrefix("invalid connection option") || message.hasPrefix("invalid URI query parameter")
        let safe = message.replacing(#/"([^"]*)"/#) { match in
            isOption && match.output.1.wholeMatch(of: #/[a-z_]{1,30}/#) != nil ? String(match.output.0) : "\"…\""
        }
        return PostgresError(code: .connection, message: "the connection string cannot be read: \(safe)")
    }

    /// Whether libpq takes it apart; otherwise it is the name of a database.
    private var isConnectionString: Bool {
        url.contains("=") || url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
    }

    /// A message of libpq's without what it quotes of a password: one with `@` or `/` in it that was not escaped is
    /// taken for a part of the host or the port.
    func redacting(_ message: String) -> String {
        let found = url.firstMatch(of: #/^[a-z]+://[^:/@]*:(.*)@/#) ?? url.firstMatch(of: #/password *= *(\S.*)/#)
        guard let secret = found?.output.1 else { return message }
        return message.replacing(#/"([^"]*)"/#) { match in
            let pieces = match.output.1.split(whereSeparator: { "@:/?".contains($0) })
            return pieces.contains { secret.contains($0) } ? "\"…\"" : String(match.output.0)
        }
    }
}
