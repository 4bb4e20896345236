"""Faults of other people's sessions: transactions left open, prepared, locks, listeners that do not listen."""

import random
import time

import psycopg
from psycopg.types.json import Jsonb

from .. import server
from ..ledger import Ledger, word
from ..producer import BATCH, CHAOS, QUIET, SPAN, payload
from .fault import Paced


class OpenTransaction(Paced):
    """A transaction that has enqueued stays open for a while, then commits or aborts."""
    name = "transaction-left-open"
    queue = CHAOS

    def __init__(self, folder: str, number: int, seconds: float, every: float, wanted: int):
        super().__init__(every, wanted)
        self.ledger = Ledger(folder, f"producer-{self.name}")
        self.next = number * SPAN
        self.batch = 0
        self.seconds = seconds
        self.commits: bool | None = None  # every third aborts

    def strike(self) -> str:
        commits = self.batch % 3 != 2 if self.commits is None else self.commits
        with server.connect() as connection:
            connection.execute("begin")
            ids = self.enqueue(connection)
            self.pause(self.seconds)
            self.finish(lambda: connection.execute("commit" if commits else "rollback"), commits, ids)
        return "committed" if commits else "aborted"

    def enqueue(self, connection: psycopg.Connection) -> list[int]:
        references = range(self.next, self.next + 20)
        self.next += 20
        self.batch += 1
        self.ledger.write("I", self.batch, references.start, len(references))
        return connection.execute(BATCH, (self.queue, "bulk", [Jsonb(payload(r)) for r in references], "0")).fetchone()[0]

    def finish(self, act, commits: bool, ids: list[int]) -> None:
        """Ends the transaction and writes what came of it."""
        try:
            act()
        except psycopg.Error as error:
            self.ledger.write("U", self.batch, word(error))
            raise
        if commits:
            self.ledger.write("C", self.batch, ",".join(map(str, ids)))
        else:
            self.ledger.write("A", self.batch, "rolled_back")


class Prepared(OpenTransaction):
    """The same by two-phase commit, from two sessions: prepared transactions outlive a crash of the server. Postgres
    prepares no transaction that has notified, so the queue is one that does not."""
    name = "transaction-left-prepared"
    queue = QUIET

    def strike(self) -> str:
        name = f"{self.name} {self.batch}"
        commits = self.batch % 3 != 2
        with server.connect() as connection:
            connection.execute("begin")
            ids = self.enqueue(connection)
            try:
                connection.execute(f"prepare transaction '{name}'")
            except psycopg.Error:  # not known whether it is prepared: make sure that it is not
                self.ledger.write("A", self.batch, "not_prepared")
                server.patiently(lambda c: _end_if_there(c, name))
                raise
        self.pause(self.seconds)
        verb = "commit" if commits else "rollback"
        self.finish(lambda: server.patiently(lambda c: _end(c, name, verb)), commits, ids)
        return f"{verb} prepared"


def _end(connection: psycopg.Connection, name: str, verb: str) -> None:
    """Ends a prepared transaction; one that is gone was ended by a call whose answer was lost."""
    try:
        connection.execute(f"{verb} prepared '{name}'")
    except psycopg.errors.UndefinedObject:
        pass


def _end_if_there(connection: psycopg.Connection, name: str) -> None:
    _end(connection, name, "rollback")


class PreparedThroughout(Prepared):
    """One that is prepared near the start and committed when all other faults are over, over every crash."""
    name = "transaction-prepared-throughout"
    is_throughout = True


class FullNotificationQueue(Paced):
    """A session that listens stays in a transaction, so that no notification can be thrown away, while the space for
    them (max_notify_queue_pages) fills up with others'."""
    name = "notification-queue-full"

    def __init__(self, seconds: float, every: float, wanted: int):
        super().__init__(every, wanted)
        self.seconds = seconds

    def strike(self) -> str:
        with server.connect() as deaf, server.connect() as loud:
            deaf.execute("listen chaos_noise")
            deaf.execute("begin")
            deaf.execute("select 1")
            fullest = self.fill(loud)
            self.pause(1)
            deaf.execute("rollback")
        return f"{fullest:.1%} full"

    def fill(self, loud: psycopg.Connection) -> float:
        """Notifies until the space is full, or half full where it is too large to be filled in time."""
        filler = "x" * 7000
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            try:
                loud.execute("select count(pg_notify('chaos_noise', %s || g)) from generate_series(1, 5000) as g",
                             (filler,))
            except psycopg.errors.ProgramLimitExceeded:
                return 1.0
        return loud.execute("select pg_notification_queue_usage()").fetchone()[0]


class LowTimeouts(Paced):
    """lock_timeout and statement_timeout set so low, for the whole database, that calls now and then fail."""
    name = "timeouts-low"
    is_outage = True

    def __init__(self, seconds: float, every: float, wanted: int):
        super().__init__(every, wanted)
        self.seconds = seconds

    def strike(self) -> str:
        milliseconds = random.choice((3, 10, 30))
        try:
            with server.connect() as connection:
                connection.execute(f"alter database quoll set statement_timeout = {milliseconds}")
                connection.execute(f"alter database quoll set lock_timeout = {max(1, milliseconds // 10)}")
                self.renew(connection)
            self.pause(self.seconds)
        finally:
            server.patiently(self.reset)
        return f"{milliseconds} ms"

    @staticmethod
    def renew(connection: psycopg.Connection) -> None:
        """Throws everybody out: a session takes such a setting up when it begins."""
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                           "where pid <> pg_backend_pid() and backend_type = 'client backend'")

    def reset(self, connection: psycopg.Connection) -> None:
        connection.execute("alter database quoll reset statement_timeout")
        connection.execute("alter database quoll reset lock_timeout")
        self.renew(connection)
