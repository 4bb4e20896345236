internal import CLibPQ
import Foundation
import Logging
import Synchronization

extension Session {
    /// Connects, waiting at most until the request's deadline; a slow name resolution is not cut short.
    func connect(_ configuration: PostgresConfiguration, _ request: Request) throws(PostgresError) -> OpaquePointer {
        if let problem = configuration.problem { throw problem }
        guard let handle = Self.begin(configuration) else {
            throw PostgresError(code: .connection, message: "out of memory")
        }
        self.handle = handle
        PQsetNoticeReceiver(handle, Self.receiveNotice, Unmanaged.passUnretained(self).toOpaque())
        do throws(PostgresError) {
            try poll(handle, configuration, request)
            PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
            PQsetnonblocking(handle, 1)
            if preparesStatements { preparesStatements = try isDirect(handle, request) }
        } catch {
            if self.handle != nil { PQfinish(handle) }
            self.handle = nil
            throw error
        }
        isOpen.store(true, ordering: .releasing)
        return handle
    }

    /// Whether one server process is behind the connection. A pooler, which may change it with each transaction, makes up
    /// the process id that it tells its clients, for it takes cancel requests itself.
    private func isDirect(_ handle: OpaquePointer, _ request: Request) throws(PostgresError) -> Bool {
        let answer = try runScript("select pg_backend_pid()", request)
        return String(cString: PQgetvalue(answer.pointer, 0, 0)) == "\(PQbackendPID(handle))"
    }

    private static func begin(_ configuration: PostgresConfiguration) -> OpaquePointer? {
        let pairs = configuration.keywords
        let keywords = pairs.map { strdup($0.0) }
        let values = pairs.map { strdup($0.1) }
        defer { for text in keywords + values { free(text) } }
        let handle = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        // The only way to learn the SQLSTATE of a refused connection is to have it in the message.
        if let handle { PQsetErrorVerbosity(handle, PQERRORS_VERBOSE) }
        return handle
    }

    private func poll(
        _ handle: OpaquePointer, _ configuration: PostgresConfiguration, _ request: Request
    ) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw Self.refusal(handle, configuration) }
        var wanted: Events = .writable
        while true {
            if wait(for: wanted, until: request.deadline).isDisjoint(with: [.readable, .writable]) {
                if request.isCancelled { throw PostgresError(code: .canceled, message: "connecting was cancelled") }
                if request.verdict == .timeout {
                    throw PostgresError(code: .timeout, message: "the server did not answer in time")
                }
                continue
            }
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: wanted = .readable
            case PGRES_POLLING_WRITING: wanted = .writable
            default: throw Self.refusal(handle, configuration)
            }
        }
    }

    /// From `FATAL:  28P01: password authentication failed for user "x"`, and a line of where in the server.
    private static func refusal(_ handle: OpaquePointer, _ configuration: PostgresConfiguration) -> PostgresError {
        let lines = String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .filter { !$0.hasPrefix("LOCATION:") }
        var state: String?
        let told = lines.map { line in
            guard let match = line.firstMatch(of: #/(?:FATAL|ERROR|PANIC): +([0-9A-Z]{5}): /#) else {
                return configuration.redacting(String(line))
            }
            state = String(match.output.1)
            return configuration.redacting(String(line[..<match.range.lowerBound])) + line[match.range.upperBound...]
        }
        if state == nil, PQconnectionNeedsPassword(handle) == 1 { state = "28P01" }
        let message = told.joined(separator: "\n").oneLine
        return PostgresError(code: .connection, sqlState: state, message: message.isEmpty ? "no connection" : message)
    }

    /// Logs what the server says beside its answers; keeps why it ends an idle session.
    private static let receiveNotice: PQnoticeReceiver = { context, notice in
        guard let context, let notice else { return }
        let session = Unmanaged<Session>.fromOpaque(context).takeUnretainedValue()
        let message = PostgresError(code: .connection, answer: notice)
        switch field(quoll_diag_severity, of: notice) {
        case "FATAL", "PANIC": session.lastWords = message
        case "WARNING": session.logger.warning("\(message)")
        default: session.logger.debug("\(message)")
        }
    }
}
