extension Session {
    /// Runs a job on the session's thread, when its scope's turn comes.
    ///
    /// - Parameters:
    ///   - scope: The transaction that the job belongs to; 0 for none.
    ///   - cancellable: Whether a cancelled task cancels it; otherwise it is done in any case.
    func perform<Value: Sendable>(
        scope: Int = 0, timeout: Duration?, cancellable: Bool = true,
        _ job: @escaping @Sendable (Session, Request) throws -> Value
    ) async throws -> Value {
        let request = Request(timeout: timeout)
        guard cancellable else { return try await submit(request, scope, job) }
        return try await withTaskCancellationHandler {
            try await submit(request, scope, job)
        } onCancel: {
            request.cancel()
            if !inbox.withdraw(request) { inbox.bell.wake() }
        }
    }

    private func submit<Value: Sendable>(
        _ request: Request, _ scope: Int, _ job: @escaping @Sendable (Session, Request) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            inbox.add(
                Inbox.Call(request: request, scope: scope) {
                    continuation.resume(with: Result { try self.run(job, request, scope) })
                } fail: { error in
                    continuation.resume(throwing: error)
                })
        }
    }

    private func run<Value>(
        _ job: (Session, Request) throws -> Value, _ request: Request, _ scope: Int
    ) throws -> Value {
        if let verdict = request.verdict { throw PostgresError.beforeSent(verdict) }
        guard scope == scopes.last ?? 0 else {
            _ = try openHandle()
            throw PostgresError(code: .closed, message: "the transaction of this connection is over")
        }
        return try job(self, request)
    }
}
