import Testing

/// One line of a TAP stream, or what was wrong with a stream: a case of the tests.
struct Assertion: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        case ok
        case failed
        /// Marked as still to be done; should it hold nevertheless, the mark is stale, and that fails.
        case todo(reason: String, isOK: Bool)
    }

    /// The file it is in, as `api/enqueue.sql`, and its path.
    let file: String
    let path: String
    /// Its number in the file, from 1; 0 for what is said of the whole file.
    let number: Int
    let what: String
    let outcome: Outcome
    /// What pgTAP or psql say about a failure.
    var diagnostics: String = ""
    /// The line of the file that has its description, else 1.
    var line: Int = 1

    var testDescription: String { "\(file) \(number): \(what)" }

    var comment: Comment { Comment(rawValue: diagnostics.isEmpty ? what : "\(what)\n\(diagnostics)") }

    var location: SourceLocation {
        SourceLocation(fileID: "SQLTests/\(file)", filePath: path, line: line, column: 1)
    }
}
