import Foundation
public import PostgresConnection

extension QuollWorker {
    /// How a worker works. Every option has a default except the connection and the queues.
    public struct Configuration: Sendable {
        public var postgres: PostgresConfiguration
        /// The queues to serve, each as often as the others. At least one.
        public var queues: [String]
        /// Also jobs with one of these routing keys; jobs with any other are left to others. Default: none.
        public var routingKeys: [String] = []
        /// The worker's name in the history of attempts. Default: host name and process id.
        public var name: String
        /// How many jobs run at once, over all queues and kinds. Default 16.
        public var concurrency = 16
        /// The most jobs one claim asks for. Default 100; the free slots bound it too.
        public var claimBatch = 100
        /// The most outcomes settled in one round trip. Default 500.
        public var settleBatch = 500
        /// The lease asked for; nil (the default): the queue's own.
        public var lease: Duration?
        /// How long a job may run when its handler names no timeout; nil (the default): as long as it likes.
        public var timeout: Duration?
        /// Look for work at least this often. Default 1 s, at most 30 s: a notification may be lost.
        public var pollInterval: Duration = .seconds(1)
        /// Listen for notifications, on a connection of its own. Default true.
        public var listens = true
        /// How often to call `queue.maintain()`; nil: never. Default 1 s.
        public var maintenanceInterval: Duration? = .seconds(1)
        /// At a graceful shutdown, how long running handlers may go on before they are cancelled. Default 30 s.
        public var gracePeriod: Duration = .seconds(30)
        /// End when nothing is claimable for this worker any more. Default false.
        public var drains = false

        /// - Parameter name: the worker's name in the history of attempts; nil: host name and process id.
        public init(postgres: PostgresConfiguration, queues: [String], name: String? = nil) {
            self.postgres = postgres
            self.queues = queues
            self.name = name ?? Self.defaultName
        }

        /// `host:pid`.
        static var defaultName: String {
            "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
        }
    }
}
