internal import PostgresConnection

extension InstallerError {
    /// Runs `body` and gives every error of the connection its meaning for the installer.
    public static func translating<T: Sendable>(_ body: @Sendable () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw InstallerError(error)
        }
    }

    init(_ error: PostgresError) {
        switch error.sqlState {
        case "28P01", "28000":
            self.init(.wrongPassword, error.message, hint: error.hint)
        case "3D000", "57P03":
            self.init(.noServer, error.message, hint: error.hint)
        case "42501":
            self.init(.noPrivilege, error.message, hint: error.hint)
        case nil where error.code == .connection && error.message.contains("no password supplied"):
            self.init(.wrongPassword, error.message, hint: error.hint)
        case nil where error.code == .connection || error.code == .timeout:
            self.init(.noServer, error.message, hint: error.hint)
        case let state:
            let place = state.map { " [\($0)]" } ?? ""
            self.init(.failed, error.message + place, hint: error.detail ?? error.hint)
        }
    }

    /// Whether another transaction created or changed the same role first.
    static func isRaceForRoles(_ error: PostgresError) -> Bool {
        switch error.sqlState {
        case "23505", "42710": true
        case "XX000": error.message.contains("concurrently updated")
        default: false
        }
    }
}
