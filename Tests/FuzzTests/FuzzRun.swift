import PostgresConnection

/// One session that calls the public functions with made-up arguments.
struct FuzzRun {
    /// Which of several at once.
    let name: String
    let connection: PostgresConnection
    /// A superuser's session, to look at the tables; nil where other sessions change them meanwhile.
    let observer: PostgresConnection?
    let functions: [PublicFunction]
    var generator: ValueGenerator
    /// How many calls each function got, and how many ended in each SQLSTATE.
    private(set) var calls: [String: Int] = [:]
    private(set) var refusals: [String: Int] = [:]
    /// What no call may do.
    private(set) var findings = Findings()
    private(set) var slowest: (time: Duration, call: String) = (.zero, "")

    init(_ name: String, connection: PostgresConnection, observer: PostgresConnection?, seed: UInt64) async throws {
        self.name = name
        self.connection = connection
        self.observer = observer
        functions = try await PublicFunction.all(connection)
        let columns = try await connection.query(
            """
            select distinct column_name::text as name from information_schema.columns
            where table_schema = 'queue_internal'
            """)
        let words = try functions.flatMap { $0.parameters.map(\.name) } + columns.map { try $0.decode("name") }
        generator = ValueGenerator(seed: seed, words: Set(words).sorted())
        // allowed what the functions are granted, and nothing else
        try await connection.execute("set statement_timeout = '60s'; set role queue_operator")
    }

    mutating func run(calls count: Int) async throws {
        for number in 1...max(count, 1) {
            try await call(generator.random.pick(functions))
            guard number.isMultiple(of: 1000) || number == count else { continue }
            try await work()
            FuzzSettings.tell("\(name): \(number) of \(count) calls, \(findings.texts.count) findings")
        }
    }

    private mutating func call(_ function: PublicFunction) async throws {
        let arguments = try generator.arguments(of: function).map { "\($0.name) => \($0.value)" }
        let text = "queue.\(function.name)(\(arguments.joined(separator: ", ")))"
        let shown = String(text.prefix(4000))
        let isWatched = generator.random.once(in: 20)
        let before = isWatched ? try await rows() : nil
        let start = ContinuousClock.now
        calls[function.name, default: 0] += 1
        do {
            learn(try await connection.query("select * from \(text)"))
        } catch let error as PostgresError {
            let state = error.sqlState ?? error.code.description
            refusals[state, default: 0] += 1
            if !function.sqlStates.contains(state) {
                findings.add("\(function.name) \(state)", "\(state) \(error.message): \(shown)")
            }
            // what is refused may be long, and the message goes into the server's log
            if error.message.count > 1000 { findings.add("\(function.name) long", "long message: \(shown)") }
            let after = isWatched ? try await rows() : nil
            if before != after { findings.add("\(function.name) half", "half done: \(shown)") }
        }
        let time = ContinuousClock.now - start
        if time > slowest.time { slowest = (time, shown) }
    }

    /// Remembers queues, jobs and tokens for later calls.
    private mutating func learn(_ rows: PostgresRows) {
        guard let row = rows.first else { return }
        let names = rows.columns
        func number(_ name: String) -> Int64? { names.contains(name) ? row[name].flatMap { Int64($0) } : nil }
        if let job = number("job_id") ?? number("enqueue") ?? number("enqueue_batch") ?? number("replay") {
            generator.known.attempts.append((job, number("lease_token") ?? 1))
        }
        if names.contains("queue"), let queue = row["queue"] { generator.known.queues.append(queue) }
        if generator.known.attempts.count > 100 { generator.known.attempts.removeFirst(50) }
        if generator.known.queues.count > 30 { generator.known.queues.removeSubrange(1..<15) }
    }

    /// How many rows the engine's tables have together.
    private func rows() async throws -> String? {
        try await observer?.query(
            """
            select sum((xpath('/row/n/text()', query_to_xml(
                format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text::bigint)::text as n
            from pg_class as c
            where c.relnamespace = 'queue_internal'::regnamespace and c.relkind = 'r'
            """)[0]["n"]
    }

    /// The engine still works: a job goes through a new queue, and nothing is wrong with the tables.
    private mutating func work() async throws {
        let queue = "still works \(generator.random.next())"
        let id = try await connection.query("select queue.enqueue($1, 'k')", [.text(queue)])[0][0]
        let claimed = try await connection.query(
            "select job_id, lease_token from queue.claim_batch($1, 'w', 10)", [.text(queue)])
        guard claimed.count == 1, claimed[0][0] == id else {
            findings.add("claim", "job \(id ?? "null") was enqueued, and claimed: \(claimed.map { $0[0] })")
            return
        }
        let verdict = try await connection.query(
            "select queue.complete($1, $2)", [.init(id), .init(claimed[0][1])])[0][0]
        if verdict != "ok" { findings.add("complete", "job \(id!) was not completed: \(verdict ?? "null")") }
        try await connection.query("select queue.drop_queue($1, true)", [.text(queue)])
        let injected = try await connection.query("select to_regclass('public.injected') is not null")[0][0]
        if injected == "t" { findings.add("injected", "an argument was run as SQL") }
        let faults = try await connection.query("select check_name, detail from queue.verify() where not ok")
        for fault in faults { findings.add("verify \(fault[0]!)", "verify: \(fault[0]!): \(fault[1] ?? "")") }
    }
}
