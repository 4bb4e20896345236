import TestSupport
import Testing

/// What commands may write, which is anything.
struct QWorkerOutputTests {
    private static let outputs = [
        "binary": "head -c 100000 /dev/urandom", "invalid": #"printf '\377\376"'"#, "nul": #"printf '"a\0b"'"#,
        "escaped": #"printf '{"a": "\\\\\\u0000"}'"#, "surrogate": #"printf '"\\ud800"'"#, "cut": #"printf '{"a": '"#,
        "number": "echo 1e400000", "deep": #"yes '[' | head -n 200000 | tr -d '\n'"#, "blank": "echo",
    ]

    @Test func `A handler's output of any bytes settles its job, and the worker goes on`() async throws {
        let database = try await Database.make()
        for name in Self.outputs.keys {
            try await database.enqueue("\(name).ok")
            try await database.enqueue("\(name).bad", options: "max_attempts => 1")
        }
        try await database.enqueue("plain")
        try await database.enqueue("huge.bad", options: "max_attempts => 1")
        let noisy = Self.outputs.flatMap { ["\($0).ok=exec:\($1)", "\($0).bad=exec:(\($1)) >&2; exit 1"] }
        try await database.drain(
            noisy + [
                #"plain=exec:printf '"\\\\u0000"'"#, "huge.bad=exec:yes 0123456789 | head -c 10000000 >&2; exit 1",
            ])
        let count = Self.outputs.count + 1
        #expect(try await database.states() == "dead \(count), succeeded \(count)")
        // what is no JSON that Postgres can hold is no result; an escaped backslash before u0000 is fine
        #expect(
            try await database.sql("select kind, result from queue.job where result is not null") == #"plain|"\\u0000""#
        )
        let messages = "select error_code, max(length(error_message)) <= 2000 from queue.dead_letter group by 1"
        #expect(try await database.sql(messages) == "EXIT_1|t")
    }
}
