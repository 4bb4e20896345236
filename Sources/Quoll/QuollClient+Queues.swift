public import Foundation
internal import PostgresConnection

/// Queues and upkeep.
extension QuollClient {
    /// Creates a queue.
    ///
    /// - Parameter options: A JSON object of queue options, such as `{"lease": "30 seconds", "max_attempts": 5}`.
    public func createQueue(_ queue: String, options: String = "{}") async throws {
        try await call(
            "select queue.create_queue(queue => $1, options => $2::jsonb)", [.text(queue), .json(options)])
    }

    /// Changes some of a queue's options; the others stay.
    public func configureQueue(_ queue: String, options: String) async throws {
        try await call(
            "select queue.configure_queue(queue => $1, options => $2::jsonb)", [.text(queue), .json(options)])
    }

    /// Every queue that was created, configured or enqueued into, by name.
    public func listQueues() async throws -> [QueueRecord] {
        try await rows("select \(QueueRecord.columns) from queue.list_queues()", [], QueueRecord.init)
    }

    /// Enqueues that were refused, newest first; of all queues, or of one. Maintenance records them.
    public func ingestDecisions(queue: String? = nil, maxDecisions: Int = 100) async throws -> [IngestDecision] {
        try await rows(
            """
            select \(IngestDecision.columns) from queue.ingest_decision where $1::text is null or queue = $1 \
            order by at desc limit $2::int
            """, [.init(queue), .int(Int64(maxDecisions))], IngestDecision.init)
    }

    /// What kept claims from jobs that were ready, newest first; of all queues, or of one.
    public func policyDecisions(queue: String? = nil, maxDecisions: Int = 100) async throws -> [PolicyDecision] {
        try await rows(
            """
            select \(PolicyDecision.columns) from queue.policy_decision where $1::text is null or queue = $1 \
            order by at desc limit $2::int
            """, [.init(queue), .int(Int64(maxDecisions))], PolicyDecision.init)
    }

    /// Nothing of the queue is handed out until it is resumed; enqueuing goes on.
    public func pauseQueue(_ queue: String) async throws {
        try await call("select queue.pause_queue(queue => $1)", [.text(queue)])
    }

    /// Hands out a paused queue's jobs again.
    public func resumeQueue(_ queue: String) async throws {
        try await call("select queue.resume_queue(queue => $1)", [.text(queue)])
    }

    /// Removes a queue; with live jobs only when forced.
    public func dropQueue(_ queue: String, force: Bool = false) async throws {
        try await call("select queue.drop_queue(queue => $1, force => $2)", [.text(queue), .bool(force)])
    }

    /// Does a bounded share of what must happen now and then; returns what it did, as a JSON object.
    @discardableResult
    public func maintain() async throws -> String {
        try await value("select queue.maintain()")
    }

    /// What may be wrong, one entry each.
    public func health() async throws -> [HealthCheck] {
        try await rows("select \(HealthCheck.columns) from queue.health()", [], HealthCheck.init)
    }

    /// Where the jobs of every queue are, or of one, and what ended in the last minute; cheap at any depth.
    public func stats(queue: String? = nil) async throws -> [QueueStats] {
        try await rows(
            "select \(QueueStats.columns) from queue.stats(queue => $1)", [PostgresParameter(queue)], QueueStats.init)
    }

    /// Statistics and health as text in the Prometheus exposition format.
    public func metricsPrometheus() async throws -> String {
        try await value("select queue.metrics_prometheus()")
    }

    /// Whether what is stored fits together, one entry for each check. Reads everything.
    public func verify() async throws -> [HealthCheck] {
        try await rows("select check_name, ok, detail, null from queue.verify()", [], HealthCheck.init)
    }

    /// The time that the queues go by: the server's clock, unless a test has shifted it.
    public func now() async throws -> Date {
        Date(timeIntervalSince1970: try await value("select extract(epoch from queue.now())"))
    }

    /// The version of the installed schema.
    public func version() async throws -> String {
        try await value("select queue.version()")
    }

    /// The channel on which work for a queue is announced: for `LISTEN`. Several queues may share one.
    public func channel(_ queue: String) async throws -> String {
        try await value("select queue.channel(queue => $1)", [.text(queue)])
    }
}
