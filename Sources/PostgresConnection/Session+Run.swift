internal import CLibPQ
import Foundation

extension Session {
    /// Sends one statement and waits for its answer.
    func run(_ statement: PostgresStatement, _ request: Request) throws(PostgresError) -> ResultBox {
        let isFree = PQtransactionStatus(try openHandle()) == PQTRANS_IDLE
        let name = prepared[statement.sql]
        do {
            return try runOnce(statement, request)
        } catch  where name != nil && error.isStalePlan {
            prepared[statement.sql] = nil
            guard isFree else { throw error }
            return try runOnce(statement, request)
        }
    }

    private func runOnce(_ statement: PostgresStatement, _ request: Request) throws(PostgresError) -> ResultBox {
        let handle = try openHandle()
        let arguments = try Arguments(statement)
        if let name = try prepare(statement.sql, request) {
            try sent(arguments.with { PQsendQueryPrepared(handle, name, $0, $1, nil, nil, 0) })
        } else {
            try sent(arguments.with { PQsendQueryParams(handle, statement.sql, $0, nil, $1, nil, nil, 0) })
        }
        return try answer(request)
    }

    /// Sends a script by the simple protocol and waits for all of its answers; returns the last, throws the first error.
    @discardableResult
    func runScript(_ script: String, _ request: Request) throws(PostgresError) -> ResultBox {
        let handle = try openHandle()
        guard !script.utf8.contains(0) else { throw Arguments.nulByte }
        try sent(PQsendQuery(handle, script))
        return try answer(request)
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

    func sent(_ status: Int32) throws(PostgresError) {
        guard status != 1 else { return }
        let error = lost()
        finish(error)
        throw error
    }

    /// All answers to what was sent, up to libpq's end mark: the last one, or the first error.
    private func answer(_ request: Request) throws(PostgresError) -> ResultBox {
        let watch = CancelWatch(request)
        var last: ResultBox?
        var failure: PostgresError?
        while let result = try nextResult(watch) {
            if let error = try error(of: result, watch) {
                failure = failure ?? error
            } else {
                last = result
            }
        }
        settle(watch)
        if let failure { throw failure }
        guard let last else { throw PostgresError(code: .protocolViolation, message: "the server gave no answer") }
        return last
    }
}
