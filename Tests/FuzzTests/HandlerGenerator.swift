import Foundation

/// Makes up what commands and servers answer.
struct HandlerGenerator {
    /// What a command writes and how it ends, and what must then have become of its job.
    struct CommandEnd {
        var output = Data()
        var errors = Data()
        /// The exit status; minus the number for a signal.
        var status: Int
        /// The job's state, and the code of a failure.
        var fate: String
    }

    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func bytes(upTo limit: Int) -> Data {
        Data((0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    mutating func output() -> Data {
        let texts = [
            "", "null", "{}", "17", "\"\\u0000\"", "\"\\ud800\"", "\"a\0b\"", "[1, 2", "1e400000", "-0", "nan",
            "\u{feff}{}",
            "{\"a\": 1, \"a\": 2}", "[1,]", "\"\u{1f600}\"", "\r\n", "true false", "\u{1b}[2J",
            "{\"secret\": \"\(CommandLineGenerator.secret)\"}",
        ]
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return bytes(upTo: 2000)
        case 1: return Data(String(repeating: random.pick(["[", "{\"a\":", "\0", "9", "\""]), count: 30_000).utf8)
        case 2: return Data("\"\(String(repeating: "x", count: 200_000))\"".utf8)
        case 3: return Data(random.pick(texts).utf8) + bytes(upTo: 5)
        default: return Data(random.pick(texts).utf8)
        }
    }

    mutating func command() -> CommandEnd {
        let output = output()
        let errors = random.once(in: 2) ? self.output() : Data()
        switch Int.random(in: 0..<8, using: &random) {
        case 0...3: return CommandEnd(output: output, errors: errors, status: 0, fate: "succeeded")
        case 4:
            return CommandEnd(output: Data(repeating: 120, count: 300_000), status: 0, fate: "dead RESULT_TOO_LARGE")
        case 5:
            let signal = random.pick([1, 2, 3, 6, 9, 11, 13, 15])
            return CommandEnd(output: output, errors: errors, status: -signal, fate: "dead SIGNAL_\(signal)")
        case 6: return CommandEnd(output: output, errors: errors, status: 75, fate: "scheduled")
        default:
            let status = Int.random(in: 1...255, using: &random)
            return CommandEnd(
                output: output, errors: errors, status: status, fate: status == 75 ? "scheduled" : "dead EXIT_\(status)"
            )
        }
    }

    /// What a server sends back, byte for byte: an answer of HTTP, or something like it.
    mutating func answer() -> Data {
        let body = random.once(in: 3) ? bytes(upTo: 300) : output()
        let version =
            random.once(in: 12) ? random.pick(["HTTP/0.9", "HTTP/2", "HTTP/9.9", "ICY", "http/1.1", ""]) : "HTTP/1.1"
        let status = random.once(in: 3) ? random.pick(Self.statuses) : "200"
        var head = "\(version) \(status)\(random.once(in: 4) ? "" : " \(random.pick(Self.reasons))")\r\n"
        switch Int.random(in: 0..<10, using: &random) {
        case 0: head += "Content-Length: \(random.pick(Self.lengths))\r\n"
        case 1: head += "Transfer-Encoding: chunked\r\n"
        case 2:
            head +=
                "Content-Encoding: \(random.pick(["gzip", "deflate", "br", "zzz"]))\r\nContent-Length: \(body.count)\r\n"
        case 3: break
        default: head += "Content-Length: \(body.count)\r\n"
        }
        if random.once(in: 2) { head += "Retry-After: \(random.pick(Self.delays))\r\n" }
        for _ in 0..<Int.random(in: 0...2, using: &random) { head += random.pick(Self.fields) + "\r\n" }
        if random.once(in: 30) {
            head += String(repeating: "X-Many: \(String(repeating: "y", count: 90))\r\n", count: 2000)
        }
        var answer = Data(head.utf8) + Data((random.once(in: 15) ? "\n" : "\r\n").utf8) + body
        if random.once(in: 10) { answer = answer.prefix(Int.random(in: 0...answer.count, using: &random)) }
        if random.once(in: 20) { answer = bytes(upTo: 1000) }
        return answer
    }

    private static let statuses = [
        "100", "101", "199", "201", "204", "205", "206", "299", "300", "302", "304", "401", "403", "404", "407", "408",
        "418",
        "425", "429", "500", "502", "503", "599", "600", "999", "1000", "0", "-1", "99999999999999999999", "abc", "20",
        "2OO", "",
    ]
    private static let reasons = ["OK", "", "\u{e9}", String(repeating: "r", count: 5000), "a\tb", "%s%n", "\u{0}"]
    private static let lengths = ["-1", "0", "5", "99999", "9223372036854775808", "abc", "1, 2", "1e3", " "]
    private static let delays = [
        "0", "5", "-5", "1.5", "1e309", "nan", "inf", "9223372036854775807", "99999999999999999999", "", "soon", "0x10",
        "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 99999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
        "Xyz, 99 Foo 2026 25:61:61 GMT",
    ]
    private static let fields = [
        "Location: /", "Location: http://[::1", "Location: \u{1b}", "Set-Cookie: a=b", "Set-Cookie: =",
        "WWW-Authenticate: Basic realm=\"x\"",
        "WWW-Authenticate: Digest", "X", ": x", "X:", "X : y", " folded", "X: \u{e9}", "X: \u{0}", "Connection: close",
        "Connection: upgrade",
        "Content-Type: \u{1f600}", "Trailer: X", "Content-Length: 3", "Strict-Transport-Security: max-age=1",
        "Proxy-Authenticate: NTLM",
    ]
}
