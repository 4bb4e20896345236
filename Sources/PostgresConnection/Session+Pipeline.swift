internal import CLibPQ

extension Session {
    /// Sends all statements at once, with one sync at the end: one round trip, one implicit transaction.
    func run(
        pipeline statements: [PostgresStatement], _ request: Request
    ) throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let isFree = PQtransactionStatus(try openHandle()) == PQTRANS_IDLE
        let arguments = try statements.map { statement throws(PostgresError) in try Arguments(statement) }
        let known = statements.filter { prepared[$0.sql] != nil }
        let answers = try runOnce(statements, arguments, request)
        let isStale = answers.contains { answer in
            if case .failure(let error) = answer { error.isStalePlan } else { false }
        }
        guard isStale, !known.isEmpty else { return answers }
        for statement in known { prepared[statement.sql] = nil }
        return isFree ? try runOnce(statements, arguments, request) : answers
    }

    private func runOnce(
        _ statements: [PostgresStatement], _ arguments: [Arguments], _ request: Request
    ) throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let handle = try openHandle()
        do {
            try sent(PQenterPipelineMode(handle))
            let steps = try send(statements, arguments, handle)
            let answers = try read(steps, request)
            try sent(PQexitPipelineMode(handle))
            return answers
        } catch {
            // In the middle of a pipeline the connection is of no more use.
            finish(error)
            throw error
        }
    }

    private enum Step {
        case prepare(sql: String, name: String)
        case execute
    }

    private func send(
        _ statements: [PostgresStatement], _ arguments: [Arguments], _ handle: OpaquePointer
    ) throws(PostgresError) -> [Step] {
        var names: [String: String] = [:]
        var steps: [Step] = []
        for (statement, arguments) in zip(statements, arguments) {
            let sql = statement.sql
            if prepared[sql] == nil, names[sql] == nil, let name = nextName {
                try sent(PQsendPrepare(handle, name, sql, 0, nil))
                names[sql] = name
                steps.append(.prepare(sql: sql, name: name))
            }
            steps.append(.execute)
            if let name = prepared[sql] ?? names[sql] {
                try sent(arguments.with { PQsendQueryPrepared(handle, name, $0, $1, nil, nil, 0) })
            } else {
                try sent(arguments.with { PQsendQueryParams(handle, sql, $0, nil, $1, nil, nil, 0) })
            }
        }
        try sent(PQpipelineSync(handle))
        return steps
    }

    private func read(
        _ steps: [Step], _ request: Request
    ) throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let watch = CancelWatch(request)
        var answers: [Result<PostgresRows, PostgresError>] = []
        var unprepared: PostgresError?
        for step in steps {
            let outcome = try outcome(watch)
            switch (step, outcome) {
            case (.prepare(let sql, let name), .success): prepared[sql] = name
            case (.prepare, .failure(let error)): unprepared = error.code == .skipped ? nil : error
            case (.execute, .failure(let error)) where error.code == .skipped && unprepared != nil:
                answers.append(.failure(unprepared ?? error))
                unprepared = nil
            case (.execute, _): answers.append(outcome)
            }
        }
        while let result = try nextResult(watch), PQresultStatus(result.pointer) != PGRES_PIPELINE_SYNC {}
        settle(watch)
        return answers
    }

    /// What came of one statement: one answer, then libpq's end mark.
    private func outcome(_ watch: CancelWatch) throws(PostgresError) -> Result<PostgresRows, PostgresError> {
        var outcome: Result<PostgresRows, PostgresError>?
        while let result = try nextResult(watch) {
            if let error = try error(of: result, watch) {
                outcome = outcome ?? .failure(error)
            } else {
                outcome = outcome ?? .success(PostgresRows(result: result))
            }
        }
        guard let outcome else { throw PostgresError(code: .protocolViolation, message: "the server gave no answer") }
        return outcome
    }
}
