"""A producer: enqueues references of its own at a steady pace, in several manners, and writes of each batch."""

import random
import time

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from .ledger import Ledger, word
from .process import die_with_parent

BATCH = """select array(select queue.enqueue_batch(queue => %s, kind => %s, payloads => %s::jsonb[],
    run_at => clock_timestamp() + %s))"""
ONE = """select queue.enqueue(queue => %s, kind => %s, payload => %s, priority => %s,
    run_at => clock_timestamp() + %s)"""
CHAOS, QUIET = "chaos", "quiet"  # the queues; the second does not notify
SPAN = 10**8  # references to each producer


def behaviour(reference: int) -> str | None:
    """What the handler shall do; None succeeds. By the reference, so that anybody can tell."""
    place = reference % 1000
    return "dead" if place == 7 else "fail" if place in (17, 18, 19) else "back" if place == 27 else \
        "late" if place == 37 else None


def payload(reference: int) -> dict:
    kind = behaviour(reference)
    return {"r": reference, "b": kind} if kind else {"r": reference}


class Producer:
    def __init__(self, folder: str, number: int, url: str, rate: float, total: int, batch: int):
        self.ledger = Ledger(folder, f"producer-{number}")
        self.url, self.rate, self.total = url, rate, total
        self.sizes = (1, 20, batch // 2, batch)
        self.next = number * SPAN
        self.committed = self.batch = 0
        self.connection = None

    def run(self) -> None:
        began = time.monotonic()
        while self.committed < self.total:
            ahead = self.committed / self.rate - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(min(ahead, 0.2))
                continue
            manner = random.choices((self.bulk, self.singly, self.regretted), (20, 4, 1))[0]
            self.batch += 1
            try:
                if not self.is_connected():
                    self.connect()
                manner()
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self.connection = None
                time.sleep(random.uniform(0.05, 0.2))

    def is_connected(self) -> bool:
        """Also not when a rollback failed (a timeout of three milliseconds will do), which psycopg passes over: the
        transaction is still there then, and refuses everything."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status == TransactionStatus.IDLE:
            return True
        self.connection.close()
        return False

    def connect(self) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True, prepare_threshold=None, connect_timeout=5)

    def intend(self, count: int) -> range:
        references = range(self.next, self.next + count)
        self.next += count
        self.ledger.write("I", self.batch, references.start, count)
        return references

    def attempt(self, work) -> None:
        """Runs work(), which commits and returns ids; writes what came of it."""
        try:
            ids = work()
        except psycopg.Error as error:
            lost = self.connection.closed or (error.sqlstate or "08000").startswith(("08", "57P"))
            self.ledger.write("U" if lost else "A", self.batch, word(error))
            if lost:
                self.connection = None
        else:
            self.ledger.write("C", self.batch, ",".join(map(str, ids)))
            self.committed += len(ids)

    def bulk(self) -> None:
        references = self.intend(random.choice(self.sizes))
        kind = random.choices(("bulk", "web", "cmd"), (90, 9, 1) if len(references) > 20 else (3, 1, 1))[0]
        delay = "0.7 seconds" if random.random() < 0.03 else "0"
        self.attempt(lambda: self.connection.execute(
            BATCH, (CHAOS, kind, [Jsonb(payload(r)) for r in references], delay)).fetchone()[0])

    def one(self, reference: int) -> int:
        return self.connection.execute(
            ONE, (CHAOS, "bulk", Jsonb(payload(reference)), random.choice((0, 0, 5)), "0")).fetchone()[0]

    def singly(self) -> None:
        """Some jobs in one transaction, with savepoints of which some are undone."""
        references = self.intend(random.randint(1, 12))

        def work():
            with self.connection.transaction():
                ids = []
                for reference in references:
                    with self.connection.transaction():
                        ids.append(self.one(reference))
                    with self.connection.transaction(force_rollback=True):
                        self.one(reference)
                # psycopg passes over a rollback to a savepoint that fails, and over the commit that then is none
                if self.connection.info.transaction_status != TransactionStatus.INTRANS:
                    raise psycopg.OperationalError("the transaction was lost before the commit")
            return ids

        self.attempt(work)

    def regretted(self) -> None:
        """A transaction that enqueues and is rolled back."""
        references = self.intend(random.randint(1, 12))
        with self.connection.transaction(force_rollback=True):
            for reference in references:
                self.one(reference)
        self.ledger.write("A", self.batch, "rolled_back")


def main(*arguments) -> None:
    die_with_parent()
    Producer(*arguments).run()
