import Foundation
import PostgresConnection
import Testing

struct ValueTests {
    static let texts = [
        "", "plain", "ünïcödé 🦘 漢字", "it's \"quoted\"", "back\\slash \\\\", "NULL", "{a,b}", "a,b", " spaces ",
        "tab\tline\nend",
        "$1; drop table x; --",
    ]

    @Test(arguments: [true, false]) func `texts come back as they went`(preparing: Bool) async throws {
        let connection = try await connect(preparing: preparing)
        for text in Self.texts {
            #expect(try await connection.value("select $1::text", [.text(text)]) == text)
        }
    }

    @Test func `arrays come back as they went, with nulls`() async throws {
        let connection = try await connect()
        let row = try #require(
            await connection.query(
                "select $1::text[] a, $1::text[] = array(select unnest($1::text[])) same, array_length($1::text[], 1) n",
                [.textArray(Self.texts)]
            ).first)
        #expect(try row.decode("a", as: [String].self) == Self.texts)
        #expect(try row.decode("n", as: Int.self) == Self.texts.count)
        let nulls = "select array_to_string($1::text[], ',', 'null!')"
        #expect(try await connection.value(nulls, [.textArray(["a", nil, "NULL"])]) == "a,null!,NULL")
        #expect(try await connection.value("select cardinality($1::text[])", [.textArray([])]) == "0")
        let numbers = try await connection.query("select $1::bigint[] a", [.int8Array([1, -2, .max])])
        #expect(try numbers[0].decode("a", as: [Int64].self) == [1, -2, .max])
        let empty = try await connection.query("select $1::bigint[] a", [.int8Array([])])
        #expect(try empty[0].decode("a", as: [Int64].self) == [])
    }

    @Test func `JSON goes in and out, also in arrays`() async throws {
        let connection = try await connect()
        #expect(try await connection.value("select $1::jsonb ->> 'a'", [.json(#"{"a": "x\"\\y"}"#)]) == #"x"\y"#)
        let documents: [String?] = [#"{"a": "q\"uote, and comma"}"#, nil, "null", #"["\\"]"#, "1"]
        let rows = try await connection.query(
            "select d is null as missing, jsonb_typeof(d) as type, d #>> '{a}' as a from unnest($1::jsonb[]) d",
            [.jsonbArray(documents)])
        #expect(rows.map { $0["missing"] } == ["f", "t", "f", "f", "f"])
        #expect(rows.map { $0["type"] } == ["object", nil, "null", "array", "number"])
        #expect(rows[0]["a"] == #"q"uote, and comma"#)
    }

    @Test func `null is no text, and decoding it is an error`() async throws {
        let rows = try await connect().query("select $1::text as a, '' as b", [nil])
        #expect(rows[0]["a"] == nil)
        #expect(rows[0]["b"] == "")
        #expect(try rows[0].decodeIfPresent("a", as: Int.self) == nil)
        #expect(throws: PostgresError.self) { try rows[0].decode("a", as: String.self) }
        #expect(throws: PostgresError.self) { try rows[0].decode("b", as: Int.self) }
        #expect(throws: PostgresError.self) { try rows[0].decode("c", as: String.self) }
    }

    @Test(arguments: [
        (Duration.seconds(90), "90.000000"), (.zero, "0.000000"), (.milliseconds(-1500), "-1.500000"),
        (.microseconds(1), "0.000001"), (.seconds(40 * 86_400), "3456000.000000"),
    ])
    func `durations become intervals to the microsecond`(duration: Duration, seconds: String) async throws {
        let asked = "select extract(epoch from $1::interval)"
        #expect(try await connect().value(asked, [.interval(duration)]) == seconds)
    }

    @Test(arguments: [0, 1_763_705_914.123456, -1.5, 951_782_400, 253_402_300_799])
    func `dates become timestamps and come back, in any time zone`(since1970: Double) async throws {
        let date = Date(timeIntervalSince1970: since1970)
        let connection = try await connect()
        for zone in ["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Vienna"] {
            _ = try await connection.query("select set_config('timezone', $1, false)", [.text(zone)])
            let rows = try await connection.query(
                "select $1::timestamptz as t, extract(epoch from $1::timestamptz)::float8 as s", [.timestamptz(date)])
            #expect(abs(try rows[0].decode("s", as: Double.self) - since1970) < 1e-6)
            #expect(abs(try rows[0].decode("t", as: Date.self).timeIntervalSince(date)) < 1e-5, "\(zone)")
        }
    }

    @Test func `infinite timestamps are the distant future and past`() async throws {
        let rows = try await connect().query("select 'infinity'::timestamptz a, '-infinity'::timestamptz b")
        #expect(try rows[0].decode("a", as: Date.self) == .distantFuture)
        #expect(try rows[0].decode("b", as: Date.self) == .distantPast)
    }

    @Test func `numbers and truth values`() async throws {
        let rows = try await connect().query(
            "select $1::bigint a, $2::bool b, $3::float8 c, $4::float8 d",
            [.int(.min), true, .double(1e300), .double(-.infinity)])
        #expect(try rows[0].decode("a", as: Int64.self) == .min)
        #expect(try rows[0].decode("b", as: Bool.self))
        #expect(try rows[0].decode("c", as: Double.self) == 1e300)
        #expect(try rows[0].decode("d", as: Double.self) == -.infinity)
    }

    @Test func `a NUL byte is refused with a clear error, and the connection goes on`() async throws {
        let connection = try await connect()
        let inValue = await error { try await connection.query("select $1::text", ["a\0b"]) }
        let inStatement = await error { try await connection.query("select 1\0") }
        let inScript = await error { try await connection.execute("select 1\0") }
        let inPipeline = await error {
            _ = try await connection.pipeline([.init("select $1::text", [.textArray(["\0"])])])
        }
        for refused in [inValue, inStatement, inScript, inPipeline] {
            #expect(refused?.code == .invalidValue)
            #expect(refused?.message.contains("NUL") == true)
        }
        #expect(try await connection.value("select 'on'") == "on")
    }

    @Test func `rows tell their columns, their number and what was done`() async throws {
        let connection = try await connect()
        try await connection.execute("create temp table t (a int, b text)")
        let inserted = try await connection.query("insert into t select g, 'x' from generate_series(1, 3) g")
        #expect(inserted.commandTag == "INSERT 0 3")
        #expect(inserted.affectedRows == 3)
        #expect(inserted.isEmpty)
        let rows = try await connection.query("select a, b, a as a from t order by a")
        #expect(rows.columns == ["a", "b", "a"])
        #expect(rows.map { $0["a"] } == ["1", "2", "3"])
    }

    @Test func `a hundred thousand rows arrive`() async throws {
        let rows = try await connect().query("select g, repeat('x', 50) t from generate_series(1, 100000) g")
        #expect(rows.count == 100_000)
        #expect(try rows.reduce(0) { try $0 + $1.decode("g", as: Int.self) } == 5_000_050_000)
    }
}
