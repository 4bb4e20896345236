internal import CLibPQ
import Foundation

extension Session {
    /// How long a cancelled statement may take to end before the connection is given up.
    static let cancelPatience = Duration.seconds(10)

    /// Sends one statement and waits for its answer.
    func run(_ statement: PostgresStatement, _ request: Request) throws(PostgresError) -> ResultBox {
        let handle = try openHandle()
        let isFree = PQtransactionStatus(handle) == PQTRANS_IDLE
        let known = prepared[statement.sql] != nil
        do {
            return try runOnce(statement, request)
        } catch  where known && isFree && ["26000", "0A000"].contains(error.sqlState) {
            // Somebody deallocated it, or a table's shape changed: say it anew, once.
            prepared[statement.sql] = nil
            return try runOnce(statement, request)
        }
    }

    private func runOnce(_ statement: PostgresStatement, _ request: Request) throws(PostgresError) -> ResultBox {
        let handle = try openHandle()
        let arguments = try Arguments(statement.parameters)
        if let name = try prepare(statement.sql, request) {
            try sent(arguments.with { PQsendQueryPrepared(handle, name, $0, $1, nil, nil, 0) })
        } else {
            try sent(arguments.with { PQsendQueryParams(handle, statement.sql, $0, nil, $1, nil, nil, 0) })
        }
        return try answer(request)
    }

    /// Sends a script by the simple protocol and waits for all of its answers; throws the first error.
    func runScript(_ script: String, _ request: Request) throws(PostgresError) {
        let handle = try openHandle()
        guard !script.utf8.contains(0) else { throw Arguments.nulByte }
        try sent(PQsendQuery(handle, script))
        _ = try answer(request)
    }

    /// The name under which the server knows a statement; `nil` when it is not to be prepared.
    private func prepare(_ sql: String, _ request: Request) throws(PostgresError) -> String? {
        if let name = prepared[sql] { return name }
        guard let name = nextName else { return nil }
        try sent(PQsendPrepare(try openHandle(), name, sql, 0, nil))
        _ = try answer(request)
        prepared[sql] = name
        return name
    }

    /// A name for one more prepared statement; `nil` when there are too many, or none are wanted.
    var nextName: String? {
        preparesStatements && prepared.count < 200 ? "quoll_\(prepared.count)_\(UInt32.random(in: 0...(.max)))" : nil
    }

    func openHandle() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw PostgresError(code: .closed, message: "the connection is closed") }
        return handle
    }

    func sent(_ status: Int32) throws(PostgresError) {
        guard status == 1 else {
            let error = lost()
            if let handle, PQstatus(handle) == CONNECTION_BAD { finish(error) }
            throw error
        }
    }

    /// All answers to what was sent, up to libpq's end mark: the last one, or the first error.
    private func answer(_ request: Request) throws(PostgresError) -> ResultBox {
        let watch = CancelWatch(request)
        var last: ResultBox?
        var failure: PostgresError?
        while let result = try nextResult(watch) {
            if let error = error(of: result, watch) {
                failure = failure ?? error
            } else {
                last = result
            }
        }
        try settle(watch)
        if let failure { throw failure }
        guard let last else { throw PostgresError(code: .protocolViolation, message: "the server gave no answer") }
        return last
    }

    /// Waits for the next answer; `nil` at the end mark. Stops the statement when its request says so.
    func nextResult(_ watch: CancelWatch) throws(PostgresError) -> ResultBox? {
        let handle = try openHandle()
        while true {
            let unsent = PQflush(handle) == 1
            if !unsent, PQisBusy(handle) == 0 { break }
            try watch.check(handle)
            guard watch.isWithinPatience else {
                let error = PostgresError(code: .connection, message: "the server did not answer to a cancellation")
                finish(error)
                throw error
            }
            let events = wait(for: unsent ? [.readable, .writable] : .readable, until: watch.deadline)
            if events.contains(.readable), PQconsumeInput(handle) == 0 {
                throw endOfSession(handle)
            }
        }
        guard let pointer = PQgetResult(handle) else { return nil }
        return ResultBox(pointer)
    }

    /// The connection broke while an answer was awaited: what the server said last, if it said anything.
    private func endOfSession(_ handle: OpaquePointer) -> PostgresError {
        var error = lost()
        while let pointer = PQgetResult(handle) {
            let result = ResultBox(pointer)
            if let state = result.field(quoll_diag_sqlstate) {
                error = PostgresError(
                    code: .connection, sqlState: state,
                    message: result.field(quoll_diag_message)?.oneLine ?? error.message)
            }
            if PQstatus(handle) == CONNECTION_BAD { break }
        }
        finish(error)
        return error
    }

    /// The error that an answer stands for; `nil` for a good one.
    func error(of result: ResultBox, _ watch: CancelWatch) -> PostgresError? {
        switch PQresultStatus(result.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return nil
        case PGRES_PIPELINE_ABORTED:
            return PostgresError(code: .skipped, message: "an earlier statement of the pipeline failed")
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            let error = PostgresError(code: .protocolViolation, message: "COPY is not supported")
            finish(error)
            return error
        default:
            let state = result.field(quoll_diag_sqlstate)
            let message = result.field(quoll_diag_message) ?? String(cString: PQresultErrorMessage(result.pointer))
            var code = PostgresError.Code.server
            if state == "57014", let reason = watch.reason { code = reason }
            if let handle, PQstatus(handle) == CONNECTION_BAD { code = .connection }
            let error = PostgresError(
                code: code, sqlState: state, message: message.oneLine,
                detail: result.field(quoll_diag_detail), hint: result.field(quoll_diag_hint))
            if code == .connection { finish(error) }
            return error
        }
    }

    /// Before the next statement: a cancellation on its way must have arrived, or it would hit that one.
    func settle(_ watch: CancelWatch) throws(PostgresError) {
        if !watch.settle() {
            finish(PostgresError(code: .connection, message: "a cancellation did not come back"))
        }
    }
}

extension ResultBox {
    func field(_ code: Int32) -> String? {
        PQresultErrorField(pointer, code).map { String(cString: $0) }
    }
}
