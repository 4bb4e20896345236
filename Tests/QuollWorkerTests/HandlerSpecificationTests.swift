import Foundation
import Testing

@testable import QuollWorker

/// `KIND=ACTION` texts.
struct HandlerSpecificationTests {
    @Test func `Every form is understood`() throws {
        #expect(try HandlerSpecification(parsing: "a=exec:echo x=y").action == .exec(command: "echo x=y"))
        #expect(try HandlerSpecification(parsing: "a=builtin:sleep").action == .builtin(.sleep))
        let url = try #require(URL(string: "https://h:8/p?q=1"))
        #expect(try HandlerSpecification(parsing: "a.b=https://h:8/p?q=1").action == .http(url))
        #expect(try HandlerSpecification(parsing: "a.b=https://h:8/p?q=1").kind == "a.b")
    }

    @Test(arguments: [
        "", "a", "=exec:x", "a=", "a=exec:", "a=exec: ", "a=builtin:nope", "a=ftp://x", "a=http://", "a=http:x",
    ])
    func `Anything else is refused`(text: String) {
        #expect(throws: WorkerError.self) { try HandlerSpecification(parsing: text) }
    }
}
