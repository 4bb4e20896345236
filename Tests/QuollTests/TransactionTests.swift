import PostgresConnection
import Quoll
import Testing

/// Calls in the caller's own transaction.
@Suite struct TransactionTests {
    private struct Change: Error {}

    @Test func `a job is there when the caller's writes are, and not before`() async throws {
        let fixture = try await Fixture()
        let other = try await fixture.another()
        try await fixture.sql("create table orders (id bigint)")
        let id = try await fixture.client.connection.withTransaction { transaction in
            try await transaction.query("insert into orders values ($1)", [.int(7)])
            let id = try await QuollClient(transaction).enqueue(queue: "q", kind: "k")
            #expect(try await other.getJob(id) == nil)
            #expect(try await other.claimBatch(queue: "q", worker: "w").isEmpty)
            return id
        }
        #expect(try await fixture.sql("select count(*) from orders") == ["1"])
        #expect(try await other.claimBatch(queue: "q", worker: "w").map(\.jobID) == [id])
    }

    @Test func `with a transaction that fails neither is there`() async throws {
        let fixture = try await Fixture()
        try await fixture.sql("create table orders (id bigint)")
        await #expect(throws: Change.self) {
            try await fixture.client.withTransaction { client in
                try await client.connection.query("insert into orders values ($1)", [.int(7)])
                try await client.enqueue(queue: "q", kind: "k")
                try await client.enqueueBatch(queue: "q", jobs: [NewJob(kind: "k")])
                throw Change()
            }
        }
        #expect(try await fixture.sql("select count(*) from orders") == ["0"])
        #expect(try await fixture.client.listJobs().isEmpty)
    }

    @Test func `a completion that is rolled back leaves the job to be completed`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.enqueue(queue: "q", kind: "k")
        let job = try await fixture.claimOne()
        await #expect(throws: Change.self) {
            try await fixture.client.withTransaction { client in
                #expect(try await client.complete(job.lease) == .ok)
                throw Change()
            }
        }
        #expect(try await fixture.state(id) == .running)
        #expect(try await fixture.client.complete(job.lease) == .ok)
    }

    @Test func `what was refused in a savepoint does not undo what was done around it`() async throws {
        let fixture = try await Fixture()
        let id = try await fixture.client.withTransaction { client in
            let id = try await client.enqueue(queue: "q", kind: "k")
            await expectError(.invalidArgument, sqlState: "22023") {
                try await client.withTransaction { inner in
                    try await inner.enqueue(queue: "q", kind: "lost")
                    return try await inner.enqueue(queue: "", kind: "k")
                }
            }
            return id
        }
        #expect(try await fixture.client.listJobs().map(\.jobID) == [id])
    }
}
