import Foundation
import QuollSchema
import TestSupport
import Testing

/// The installer as people run it: what it prints, and how it exits.
@Suite struct CommandLineTests {
    private let version = "\(SchemaSource.embedded.version)"

    /// Expects a run to fail with `status`, and with one line that begins with the program's name.
    private func expect(_ command: Command, failsWith status: Int32, saying text: String) {
        #expect(command.status == status, "\(command)")
        let lines = command.errors.split(separator: "\n")
        #expect(lines.count == 1 && command.errors.hasPrefix("qinstall: "), "\(command.errors)")
        #expect(command.errors.contains(text), "\(command.errors)")
    }

    @Test func `a life from install to uninstall`() async throws {
        let database = try await ScratchDatabase()
        func run(_ arguments: String...) async throws -> Command {
            try await Command.qinstall(["--database-url", database.url] + arguments)
        }
        var done = try await run("status")
        #expect(done.status == 9)
        #expect(done.output.contains("installed  none\nbinary     \(version)\n"))
        done = try await run("install")
        #expect(done.status == 0)
        #expect(done.output == "installed version \(version)\n")
        done = try await run("install")
        #expect(done.status == 0)
        #expect(done.output == "version \(version) is installed already; nothing to do\n")
        done = try await run("upgrade")
        #expect(done.status == 0)
        #expect(done.output == "version \(version) is installed already; nothing to do\n")
        done = try await run("status")
        #expect(done.status == 0)
        #expect(done.output.contains("installed  \(version)\nbinary     \(version)\n"))
        done = try await run("verify")
        #expect(done.status == 0)
        #expect(done.output == "the schema is as version \(version) installs it\n")
        try await database.sql("drop function queue.channel(text); comment on schema queue is null")
        done = try await run("verify")
        expect(done, failsWith: 8, saying: "2 differences from version \(version)")
        #expect(done.output.hasPrefix("function queue.channel(text): missing\nschema queue: comment: expected "))
        done = try await run("uninstall")
        expect(done, failsWith: 13, saying: "--yes")
        done = try await run("uninstall", "--yes")
        #expect(done.status == 0)
        #expect(
            done.output == "removed version \(version); its roles queue_* belong to the whole cluster and stay\n")
        expect(try await run("verify"), failsWith: 9, saying: "not installed")
        expect(try await run("upgrade"), failsWith: 9, saying: "not installed")
    }

    @Test func `the database is that of the option, then DATABASE_URL, then PG variables`() async throws {
        let option = try await ScratchDatabase(installed: true)
        let variable = try await ScratchDatabase()
        let parts = try #require(URLComponents(string: variable.url.replacing("@/", with: "@localhost/")))
        let host = try #require(parts.queryItems?.first { $0.name == "host" }?.value)
        var environment = ["PGHOST": host, "PGUSER": parts.user ?? "", "PGDATABASE": String(parts.path.dropFirst())]
        environment["DATABASE_URL"] = option.url
        #expect(try await Command.qinstall(["status"], environment: environment).status == 0)
        let both = ["status", "--database-url", variable.url]
        #expect(try await Command.qinstall(both, environment: environment).status == 9)
        environment["DATABASE_URL"] = nil
        let plain = try await Command.run(
            "env", ["-u", "DATABASE_URL", Command.qinstallProgram, "status"], environment: environment)
        #expect(plain.status == 9, "\(plain)")
        #expect(plain.output.contains("database   \(parts.path.dropFirst()) on PostgreSQL"))
    }

    @Test func `no server`() async throws {
        let done = try await Command.qinstall(["--database-url", "postgresql://u@127.0.0.1:1/d", "install"])
        expect(done, failsWith: 2, saying: "127.0.0.1")
    }

    @Test func `no such database`() async throws {
        let url = try await ScratchDatabase().url.replacing("?", with: "_gone?")
        expect(try await Command.qinstall(["--database-url", url, "install"]), failsWith: 2, saying: "does not exist")
    }

    @Test func `a wrong password, and none`() async throws {
        let rules = FileManager.default.temporaryDirectory.appending(path: "hba-\(UUID().uuidString)")
        try "local all ann scram-sha-256\nlocal all all trust\n".write(to: rules, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: rules.path)
        defer { try? FileManager.default.removeItem(at: rules) }
        let cluster = try await PrivateCluster(settings: ["hba_file=\(rules.path)"])
        _ = try await Command.psql(cluster.url, "create role ann login password 'right'")
        let wrong = cluster.url(role: "ann", password: "wrong")
        expect(try await Command.qinstall(["--database-url", wrong, "install"]), failsWith: 3, saying: "ann")
        let none = cluster.url(role: "ann")
        expect(try await Command.qinstall(["--database-url", none, "install"]), failsWith: 3, saying: "password")
        let right = cluster.url(role: "ann", password: "right")
        #expect(try await Command.qinstall(["--database-url", right, "status"]).status == 9)
    }

    @Test func `a role without the privileges is told which, and with them it installs`() async throws {
        let cluster = try await PrivateCluster()
        let url = ["--database-url", cluster.url(role: "ann")]
        _ = try await Command.psql(cluster.url, "create role ann login")
        expect(
            try await Command.qinstall(url + ["install"]), failsWith: 4,
            saying: "role ann may not create schemas in database quoll (grant create on database quoll to ann)")
        _ = try await Command.psql(cluster.url, "grant create on database quoll to ann")
        expect(
            try await Command.qinstall(url + ["install"]), failsWith: 4,
            saying: "have an administrator run: create role queue_monitor nologin; ")
        _ = try await Command.psql(
            cluster.url,
            """
            create role queue_monitor nologin; create role queue_worker nologin;
            create role queue_producer nologin; create role queue_operator nologin;
            """)
        let done = try await Command.qinstall(url + ["install"])
        #expect(done.status == 0, "\(done)")
        #expect(try await Command.qinstall(url + ["verify"]).status == 0)
        _ = try await Command.psql(cluster.url, "create role ben login")
        let other = ["--database-url", cluster.url(role: "ben")]
        expect(
            try await Command.qinstall(other + ["uninstall", "--yes"]), failsWith: 4,
            saying: "permission denied for schema queue")
    }

    @Test func `a newer schema`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql(
            "insert into queue_internal.installation values ('99.0.0', clock_timestamp() + interval '1 second')")
        let url = ["--database-url", database.url]
        for action in [["install"], ["upgrade"], ["verify"], ["uninstall", "--yes"]] {
            let done = try await Command.qinstall(url + action)
            expect(done, failsWith: 6, saying: "version 99.0.0 is installed, newer than \(version)")
        }
        let status = try await Command.qinstall(url + ["status"])
        #expect(status.status == 6)
        #expect(status.output.contains("installed  99.0.0 (newer)"))
    }

    @Test func `a schema named queue that is not ours`() async throws {
        let database = try await ScratchDatabase()
        try await database.sql("create schema queue")
        for action in [["install"], ["upgrade"], ["verify"], ["uninstall", "--yes", "--force"]] {
            let done = try await Command.qinstall(["--database-url", database.url] + action)
            expect(done, failsWith: 7, saying: "a schema queue that is not Quoll's")
        }
    }

    @Test func `live jobs`() async throws {
        let database = try await ScratchDatabase(installed: true)
        try await database.sql("select queue.enqueue('q', 'k')")
        let uninstall = ["--database-url", database.url, "uninstall", "--yes"]
        expect(try await Command.qinstall(uninstall), failsWith: 11, saying: "queue q has jobs that are still to run")
        #expect(try await Command.qinstall(uninstall + ["--force"]).status == 0)
    }

    @Test func `what is printed needs no database, and psql runs it`() async throws {
        let printed = try await Command.qinstall(["print", "--database-url", "host=/nowhere"])
        #expect(printed.status == 0)
        let database = try await ScratchDatabase()
        try await database.sql(printed.output)
        #expect(try await database.verify() == [])
    }

    @Test func `a full disk below the output is told`() async throws {
        let done = try await Command.run("sh", ["-c", "\"$0\" print > /dev/full", Command.qinstallProgram])
        expect(done, failsWith: 1, saying: "standard output cannot be written to")
    }

    @Test func `options that do not go with the action are refused`() async throws {
        for arguments in [
            ["install", "--yes"], ["print", "--from", "soon"], ["install", "--from", "0.1.0"], ["dance"], [],
        ] {
            #expect(try await Command.qinstall(arguments).status == 64, "\(arguments)")
        }
    }
}
