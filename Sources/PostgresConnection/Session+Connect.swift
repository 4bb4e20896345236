internal import CLibPQ
import Foundation
import Synchronization

extension Session {
    /// Connects, waiting at most until the request's deadline.
    func connect(_ configuration: PostgresConfiguration, _ request: Request) throws(PostgresError) {
        let handle = Self.begin(configuration)
        guard let handle else { throw PostgresError(code: .connection, message: "out of memory") }
        self.handle = handle
        do throws(PostgresError) {
            try poll(handle, request)
        } catch {
            PQfinish(handle)
            self.handle = nil
            throw error
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        PQsetnonblocking(handle, 1)
        isOpen.store(true, ordering: .releasing)
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

    private func poll(_ handle: OpaquePointer, _ request: Request) throws(PostgresError) {
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard PQstatus(handle) != CONNECTION_BAD else { throw Self.refusal(handle) }
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
            default: throw Self.refusal(handle)
            }
        }
    }

    /// `FATAL:  28P01: password authentication failed for user "x"`, and a line of where in the server.
    private static func refusal(_ handle: OpaquePointer) -> PostgresError {
        let lines = String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .filter { !$0.hasPrefix("LOCATION:") }
        var state: String?
        let told = lines.map { line in
            guard let match = line.firstMatch(of: #/(?:FATAL|ERROR|PANIC): +([0-9A-Z]{5}): /#) else {
                return String(line)
            }
            state = String(match.output.1)
            return String(line[..<match.range.lowerBound] + line[match.range.upperBound...])
        }
        let message = told.joined(separator: "\n").oneLine
        return PostgresError(code: .connection, sqlState: state, message: message.isEmpty ? "no connection" : message)
    }
}
