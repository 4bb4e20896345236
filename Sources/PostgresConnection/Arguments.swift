/// The arguments of a statement as libpq wants them: texts that end in a zero byte, null pointers for null.
struct Arguments {
    private var bytes: [CChar] = []
    private var offsets: [Int?] = []

    static let nulByte = PostgresError(
        code: .invalidValue, message: "a text holds a NUL character, which Postgres cannot store",
        hint: "remove it, or encode the text")

    init(_ statement: PostgresStatement) throws(PostgresError) {
        let count = statement.parameters.count
        guard count <= 65_535 else {
            throw PostgresError(code: .invalidValue, message: "\(count) arguments; at most 65535 can be sent")
        }
        if statement.sql.utf8.contains(0) { throw Self.nulByte }
        for parameter in statement.parameters {
            guard let text = parameter.text else {
                offsets.append(nil)
                continue
            }
            offsets.append(bytes.count)
            for byte in text.utf8 {
                if byte == 0 { throw Self.nulByte }
                bytes.append(CChar(bitPattern: byte))
            }
            bytes.append(0)
        }
    }

    /// Calls `body` with their number and their addresses, which hold until it returns.
    func with<Value>(_ body: (Int32, [UnsafePointer<CChar>?]) -> Value) -> Value {
        bytes.withUnsafeBufferPointer { buffer in
            body(Int32(offsets.count), offsets.map { offset in offset.map { buffer.baseAddress! + $0 } })
        }
    }
}
