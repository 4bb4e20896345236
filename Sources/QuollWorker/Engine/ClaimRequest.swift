/// One kind of claim: the kinds of one queue that are claimed together.
///
/// Kinds without a limit of their own share one claim; a limited kind has its own, so that a claim never brings more
/// jobs of it than it has slots.
struct ClaimRequest: Sendable, Equatable {
    var queue: String
    var kinds: [String]
    /// The handler whose limit bounds this claim; nil: only the worker's concurrency does.
    var limitedHandler: Int?

    static func all(queues: [String], kinds: [String], limits: [Int?]) -> [ClaimRequest] {
        let shared = zip(kinds, limits).filter { $1 == nil }.map(\.0)
        return queues.flatMap { queue in
            let common = shared.isEmpty ? [] : [ClaimRequest(queue: queue, kinds: shared, limitedHandler: nil)]
            let limited = kinds.indices.filter { limits[$0] != nil }
                .map { ClaimRequest(queue: queue, kinds: [kinds[$0]], limitedHandler: $0) }
            return common + limited
        }
    }
}
