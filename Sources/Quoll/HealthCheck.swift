/// One thing that may be wrong.
public struct HealthCheck: Sendable, Equatable {
    public var name: String
    public var isOK: Bool
    /// What was found.
    public var detail: String?
    /// What to do.
    public var hint: String?
}

extension HealthCheck: RowDecodable {
    static let columns = "check_name, ok, detail, hint"

    init(_ row: inout RowReader) throws(QuollError) {
        name = try row.next()
        isOK = try row.next()
        detail = try row.nextIfPresent()
        hint = try row.nextIfPresent()
    }
}
