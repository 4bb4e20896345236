"""A worker in Python: claims, handles and settles in batches, and writes of each step before and after it."""

import random
import time

import psycopg

from . import producer
from .ledger import Ledger, word
from .process import die_with_parent

QUEUES = [producer.CHAOS] * 15 + [producer.QUIET]
CLAIM = """select job_id, lease_token, attempt, coalesce(payload ->> 'b', ''), extract(epoch from leased_until)
    from queue.claim_batch(queue => %s, worker => %s, max_jobs => %s, lease => %s::interval, kinds => %s)"""
COMPLETE = "select job_id, verdict::text from queue.complete_batch(job_ids => %s::bigint[], lease_tokens => %s::bigint[])"
HEARTBEAT = "select verdict::text from queue.heartbeat(%s::bigint[], %s::bigint[], %s::interval)"
SINGLE = {
    "fail": "select queue.fail(job_id => %s, lease_token => %s, error_code => 'CHAOS')::text",
    "dead": "select queue.fail(job_id => %s, lease_token => %s, error_code => 'CHAOS', permanent => true)::text",
    "release": "select queue.release(job_id => %s, lease_token => %s)::text",
    "snooze": "select queue.snooze(job_id => %s, lease_token => %s, delay => '200 milliseconds')::text",
}


class Worker:
    def __init__(self, folder: str, name: str, url: str, lease: float, batch: int, kinds: list[str]):
        self.ledger = Ledger(folder, name)
        self.name, self.url, self.lease, self.batch, self.kinds = name, url, f"{lease} seconds", batch, kinds
        self.seconds, self.pause = lease, lease * 0.7
        self.connection = None

    def run(self) -> None:
        while True:
            try:
                jobs = self.claim()
            except psycopg.Error:
                self.connection = None
                time.sleep(random.uniform(0.05, 0.2))
                continue
            if jobs:
                self.handle(jobs)
            else:
                time.sleep(0.1)

    def session(self) -> psycopg.Connection:
        if self.connection is None or self.connection.closed:
            self.connection = psycopg.connect(self.url, autocommit=True, prepare_threshold=None, connect_timeout=5)
        return self.connection

    def claim(self) -> list[tuple]:
        session = self.session()
        arguments = (random.choice(QUEUES), self.name, random.randint(1, self.batch), self.lease, self.kinds)
        if random.random() < 0.02:
            with session.transaction(force_rollback=True):
                session.execute(CLAIM, arguments)
        jobs = session.execute(CLAIM, arguments).fetchall()
        if jobs:
            tokens = {job[1] for job in jobs}
            for token in tokens:
                own = ",".join(f"{job[0]}:{job[2]}" for job in jobs if job[1] == token)
                self.ledger.write("K", token, jobs[0][4], own)
        return jobs

    def handle(self, jobs: list[tuple]) -> None:
        """Each job's handler, one after the other; then the settles: of most in a batch."""
        done: dict[int, list[int]] = {}
        for job, token, attempt, behaviour, _ in jobs:
            self.ledger.write("S", job, attempt, token)
            if behaviour == "dead":
                self.settle("fail", "dead", job, token)
            elif behaviour == "fail" and attempt == 1:
                self.settle("fail", "fail", job, token)
            elif behaviour == "back" and random.random() < 0.5:
                verb = random.choice(("release", "snooze"))
                self.settle(verb, verb, job, token)
            else:
                if behaviour == "late" and random.random() < 0.2:
                    self.sleep_with_heartbeats(jobs)
                done.setdefault(token, []).append(job)
        for token, own in done.items():
            self.complete(token, own)

    def sleep_with_heartbeats(self, jobs: list[tuple]) -> None:
        """Longer than the lease, kept up by heartbeats for the whole batch."""
        for _ in range(2):
            time.sleep(self.pause)
            until = time.time() + self.seconds
            try:
                answers = self.session().execute(
                    HEARTBEAT, ([job[0] for job in jobs], [job[1] for job in jobs], self.lease)).fetchall()
            except psycopg.Error:
                self.connection = None
                continue
            for token in {job[1] for job in jobs}:
                own = ",".join(f"{job[0]}:{verdict}" for job, (verdict,) in zip(jobs, answers) if job[1] == token)
                self.ledger.write("H", until, token, own)

    def complete(self, token: int, jobs: list[int]) -> None:
        arguments = (jobs, [token] * len(jobs))
        if random.random() < 0.02:
            self.complete_in_vain(token, arguments)
        self.offer("complete", token, jobs, lambda: self.session().execute(COMPLETE, arguments).fetchall())

    def complete_in_vain(self, token: int, arguments: tuple) -> None:
        """A settle that its transaction undoes: the attempt is still this worker's afterwards."""
        self.ledger.write("T", "complete", token, ",".join(map(str, arguments[0])))
        try:
            with self.session().transaction(force_rollback=True):
                self.session().execute(COMPLETE, arguments)
        except psycopg.Error:
            self.connection = None
        self.ledger.write("R", "complete", token)

    def settle(self, verb: str, call: str, job: int, token: int) -> None:
        self.offer(verb, token, [job], lambda: [
            (job, self.session().execute(SINGLE[call], (job, token)).fetchone()[0])])

    def offer(self, verb: str, token: int, jobs: list[int], work) -> None:
        """Settles, again and again while the answer does not come."""
        while True:
            self.ledger.write("T", verb, token, ",".join(map(str, jobs)))
            try:
                answers = work()
            except psycopg.Error as error:
                self.ledger.write("E", verb, token, word(error))
                self.connection = None
                time.sleep(random.uniform(0.05, 0.2))
            else:
                self.ledger.write("V", verb, token, ",".join(f"{job}:{verdict}" for job, verdict in answers))
                return


def main(*arguments) -> None:
    die_with_parent()
    Worker(*arguments).run()
