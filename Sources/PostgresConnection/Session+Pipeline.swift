internal import CLibPQ

extension Session {
    /// Sends all statements at once, with one sync at the end: one round trip, one implicit transaction.
    func runPipeline(
        _ statements: [PostgresStatement], _ request: Request
    ) throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let handle = try openHandle()
        let arguments = try statements.map { statement throws(PostgresError) in try Arguments(statement.parameters) }
        guard PQenterPipelineMode(handle) == 1 else { throw lost() }
        var names: [String: String] = [:]
        var steps: [Step] = []
        for (statement, arguments) in zip(statements, arguments) {
            if prepared[statement.sql] == nil, names[statement.sql] == nil, let name = nextName {
                try sent(PQsendPrepare(handle, name, statement.sql, 0, nil))
                names[statement.sql] = name
                steps.append(.prepare(statement.sql, name))
            }
            steps.append(.execute)
            if let name = prepared[statement.sql] ?? names[statement.sql] {
                try sent(arguments.with { PQsendQueryPrepared(handle, name, $0, $1, nil, nil, 0) })
            } else {
                try sent(arguments.with { PQsendQueryParams(handle, statement.sql, $0, nil, $1, nil, nil, 0) })
            }
        }
        try sent(PQpipelineSync(handle))
        return try read(steps, request)
    }

    private enum Step {
        case prepare(String, String)
        case execute
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
            case (.prepare, .failure(let error)): unprepared = unprepared ?? error
            case (.execute, .failure(let error)) where error.code == .skipped && unprepared != nil:
                answers.append(.failure(unprepared ?? error))
                unprepared = nil
            case (.execute, _): answers.append(outcome)
            }
        }
        while let result = try nextResult(watch), PQresultStatus(result.pointer) != PGRES_PIPELINE_SYNC {}
        try settle(watch)
        let handle = try openHandle()
        guard PQexitPipelineMode(handle) == 1 else {
            let error = lost()
            finish(error)
            throw error
        }
        return answers
    }

    /// What came of one statement: one answer, then libpq's end mark.
    private func outcome(_ watch: CancelWatch) throws(PostgresError) -> Result<PostgresRows, PostgresError> {
        var outcome: Result<PostgresRows, PostgresError>?
        while let result = try nextResult(watch) {
            if let error = error(of: result, watch) {
                if error.code == .connection || error.code == .protocolViolation { throw error }
                outcome = outcome ?? .failure(error)
            } else {
                outcome = outcome ?? .success(PostgresRows(result: result))
            }
        }
        guard let outcome else { throw PostgresError(code: .protocolViolation, message: "the server gave no answer") }
        return outcome
    }
}
