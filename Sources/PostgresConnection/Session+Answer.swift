internal import CLibPQ
import Foundation

extension Session {
    /// Waits for the next answer; `nil` at the end mark. Stops the statement when its request says so.
    func nextResult(_ watch: CancelWatch) throws(PostgresError) -> ResultBox? {
        let handle = try openHandle()
        while true {
            let unsent = PQflush(handle) == 1
            if PQisBusy(handle) == 0 { break }
            watch.check(handle)
            guard watch.isWithinPatience else {
                let error = PostgresError(code: .connection, message: "the server did not answer to a cancellation")
                finish(error)
                throw error
            }
            let events = wait(for: unsent ? [.readable, .writable] : .readable, until: watch.deadline)
            if events.contains(.readable), PQconsumeInput(handle) == 0 { throw endOfSession(handle) }
        }
        guard let pointer = PQgetResult(handle) else {
            if PQstatus(handle) == CONNECTION_BAD { throw endOfSession(handle) }
            return nil
        }
        return ResultBox(pointer)
    }

    /// The connection broke while an answer was awaited: what the server said last, if it said anything.
    private func endOfSession(_ handle: OpaquePointer) -> PostgresError {
        let broken = lost()
        while let pointer = PQgetResult(handle) {
            let result = ResultBox(pointer)
            if lastWords == nil, field(quoll_diag_sqlstate, of: pointer) != nil {
                lastWords = PostgresError(code: .connection, answer: result.pointer)
            }
            // libpq makes up one more answer each time that it is asked on a dead connection.
            if PQstatus(handle) == CONNECTION_BAD { break }
        }
        let error = lastWords ?? broken
        finish(error)
        return error
    }

    /// The error that an answer stands for; `nil` for a good one. Throws when the session cannot go on.
    func error(of result: ResultBox, _ watch: CancelWatch) throws(PostgresError) -> PostgresError? {
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return nil
        case PGRES_PIPELINE_ABORTED:
            return PostgresError(code: .skipped, message: "an earlier statement of the pipeline failed")
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            let error = PostgresError(
                code: .protocolViolation, message: "COPY is not supported; the connection is closed")
            finish(error)
            throw error
        default:
            if ["FATAL", "PANIC"].contains(field(quoll_diag_severity, of: result.pointer)) {
                let error = PostgresError(code: .connection, answer: result.pointer)
                lastWords = error
                return error
            }
            let wasCancelled = field(quoll_diag_sqlstate, of: result.pointer) == "57014"
            return PostgresError(code: wasCancelled ? watch.reason ?? .server : .server, answer: result.pointer)
        }
    }

    /// Before the next statement: a cancellation on its way must have arrived, or it would meet that one.
    func settle(_ watch: CancelWatch) {
        if !watch.settle() {
            finish(PostgresError(code: .connection, message: "a cancellation did not come back from the server"))
        }
    }
}

/// A field of an error or notice.
func field(_ code: Int32, of answer: OpaquePointer) -> String? {
    PQresultErrorField(answer, code).map { String(cString: $0) }
}

extension PostgresError {
    /// From an error or notice of the server.
    init(code: Code, answer: OpaquePointer) {
        let message = field(quoll_diag_message, of: answer) ?? String(cString: PQresultErrorMessage(answer))
        self.init(
            code: code, sqlState: field(quoll_diag_sqlstate, of: answer), message: message.oneLine,
            detail: field(quoll_diag_detail, of: answer), hint: field(quoll_diag_hint, of: answer))
    }

    /// Whether the server refuses a prepared statement that somebody deallocated, or whose table changed its shape.
    var isStalePlan: Bool { sqlState == "26000" || sqlState == "0A000" }
}
