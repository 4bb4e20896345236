internal import CLibPQ

extension Session {
    /// Begins a transaction, or sets a savepoint within one; from then on only calls of `scope` are run.
    func begin(_ scope: Int, _ request: Request) throws(PostgresError) {
        try runScript(scopes.isEmpty ? "begin" : "savepoint quoll_\(scopes.count)", request)
        scopes.append(scope)
    }

    /// Commits. Where the server refuses, or has undone everything already, it is an error, and ``rollBack(_:)`` is next.
    func commit(_ request: Request) throws(PostgresError) {
        if scopes.count > 1 {
            try runScript("release savepoint quoll_\(scopes.count - 1)", request)
        } else {
            // The server answers the commit of a failed transaction with ROLLBACK, and calls it a success.
            guard try String(cString: PQcmdStatus(runScript("commit", request).pointer)) == "COMMIT" else {
                throw PostgresError(
                    code: .server, sqlState: "25P02",
                    message: "the transaction was rolled back, for a statement in it had failed")
            }
        }
        scopes.removeLast()
    }

    /// Rolls back. A session whose transaction cannot be ended is ended itself.
    func rollBack(_ request: Request) {
        do throws(PostgresError) {
            let handle = try openHandle()
            if scopes.count > 1 {
                let mark = "quoll_\(scopes.count - 1)"
                try runScript("rollback to savepoint \(mark); release savepoint \(mark)", request)
            } else if PQtransactionStatus(handle) != PQTRANS_IDLE {
                try runScript("rollback", request)
            }
            scopes.removeLast()
        } catch {
            finish(
                PostgresError(code: .connection, message: "a transaction could not be rolled back: \(error.message)"))
        }
    }
}
