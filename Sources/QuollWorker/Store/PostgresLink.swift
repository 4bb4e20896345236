import Logging
import PostgresConnection

/// A connection that is made when first needed and made anew after it broke.
actor PostgresLink {
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private var attempt: Task<PostgresConnection, any Error>?

    init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The open connection; callers that come while it is being made share the attempt.
    func connection() async throws -> PostgresConnection {
        if let attempt {
            if let connection = try? await attempt.value, connection.isOpen { return connection }
            // another caller may have begun a new attempt meanwhile
            if self.attempt == attempt { self.attempt = nil }
            if let newer = self.attempt { return try await newer.value }
        }
        let attempt = Task { try await PostgresConnection.connect(configuration, logger: logger) }
        self.attempt = attempt
        return try await attempt.value
    }

    func close() async {
        guard let attempt else { return }
        self.attempt = nil
        if let connection = try? await attempt.value { await connection.close() }
    }
}
