import Foundation
import PostgresConnection
import Quoll

/// The calls that settle a batch: one for all completions, one for all failures, one for each other outcome.
struct SettlePlan {
    private(set) var statements: [PostgresStatement] = []
    /// For each statement, the places in the batch of the verdicts it returns.
    private var places: [[Int]] = []
    private let count: Int

    /// - Throws: ``StoreError`` when an outcome cannot be encoded.
    init(_ settlements: [Settlement]) throws {
        count = settlements.count
        var completions: [(place: Int, job: Job, result: String?)] = []
        var failures: [(place: Int, object: Failure)] = []
        for (place, settlement) in settlements.enumerated() {
            let job = settlement.job
            switch settlement.outcome.kind {
            case .complete(let result):
                completions.append((place, job, result))
            case .fail(let code, let message, let retryIn, let permanent):
                failures.append((place, Failure(job, code, message, retryIn, permanent)))
            case .snooze(let delay):
                add("snooze(job_id => $1, lease_token => $2, delay => $3::interval)", job, [.interval(delay)], place)
            case .skip(let reason):
                add("skip(job_id => $1, lease_token => $2, reason => $3)", job, [.text(reason.limited())], place)
            case .release:
                add("release(job_id => $1, lease_token => $2)", job, [], place)
            case .settled:
                break
            }
        }
        addCompletions(completions)
        try addFailures(failures)
    }

    /// The verdicts in the order of the batch.
    /// - Throws: ``StoreError`` when the server answered for fewer jobs than it was asked about.
    func verdicts(_ answers: [PostgresRows]) throws -> [Verdict] {
        var verdicts = Array(repeating: Verdict.ok, count: count)
        for (rows, places) in zip(answers, places) {
            guard rows.count == places.count else {
                throw StoreError(reason: .unavailable, sqlState: nil, summary: "verdicts are missing")
            }
            for (row, place) in zip(rows, places) { verdicts[place] = Verdict(row) }
        }
        return verdicts
    }

    private mutating func add(_ call: String, _ job: Job, _ more: [PostgresParameter], _ place: Int) {
        statements.append(
            PostgresStatement("select queue.\(call) as verdict", [.int(job.id), .int(job.leaseToken)] + more))
        places.append([place])
    }

    private mutating func addCompletions(_ completions: [(place: Int, job: Job, result: String?)]) {
        guard !completions.isEmpty else { return }
        let hasResults = completions.contains { $0.result != nil }
        statements.append(
            PostgresStatement(
                "select verdict from queue.complete_batch(job_ids => $1, lease_tokens => $2, results => $3)",
                [
                    .int8Array(completions.map(\.job.id)), .int8Array(completions.map(\.job.leaseToken)),
                    hasResults ? .jsonbArray(completions.map(\.result)) : .null,
                ]))
        places.append(completions.map(\.place))
    }

    private mutating func addFailures(_ failures: [(place: Int, object: Failure)]) throws {
        guard !failures.isEmpty else { return }
        guard let json = try? JSONEncoder().encode(failures.map(\.object)) else {
            throw StoreError(reason: .refused, sqlState: nil, summary: "an outcome cannot be encoded")
        }
        statements.append(
            PostgresStatement(
                "select verdict from queue.fail_batch(failures => $1)", [.json(String(decoding: json, as: UTF8.self))]))
        places.append(failures.map(\.place))
    }
}

extension Failure {
    fileprivate init(_ job: Job, _ code: String, _ message: String?, _ retryIn: Duration?, _ permanent: Bool) {
        self.init(
            Lease(jobID: job.id, leaseToken: job.leaseToken), errorCode: code.limited(to: 200),
            errorMessage: message?.limited(), retryIn: retryIn.map { max($0, .zero) }, permanent: permanent)
    }
}
