"""One scene: a fleet at work, faults beside it, a drain, and the books held against the database."""

import json
import re
import sys
import time

from . import account, checker, evidence, report, server
from .checker import Findings
from .faults.fault import Fault, Striker
from .fleet import OPTIONS, Fleet
from .ledger import Ledger
from .options import Options
from .producer import CHAOS, QUIET

PENDING = """select (select count(*) from queue_internal.delivery where payload is not null and job_id is not null)
    - (select count(*) from queue_internal.attempt where outcome in ('succeeded', 'skipped', 'canceled'))
    - (select count(*) from queue_internal.dead_letter)"""
OPEN = """select count(*) from queue_internal.claim as c where c.token <> 0 and cardinality(c.ids) >
    (select count(*) from queue_internal.attempt as a where a.lease_token = c.token)"""


class Campaign:
    """folder: where the ledgers are. urls: where producers, Python workers and Swift workers connect."""

    def __init__(self, options: Options, folder: str, urls: dict[str, list[str]], settings: dict | None = None):
        """settings: options of the queues beside those that all scenes use."""
        for queue, notify in (CHAOS, True), (QUIET, False):
            server.ask("select queue.create_queue(%s, %s::jsonb)", queue, json.dumps({**OPTIONS, **(settings or {}), "notify": notify}))
        self.options, self.folder = options, folder
        self.ledger = Ledger(folder, "harness")
        self.fleet = Fleet(folder, options.qworker, options.lease, options.batch, urls)
        self.strikers: list[Striker] = []
        self.seconds = 0.0
        self.is_stuck = False
        self.pending = PENDING, OPEN
        self.seen: evidence.Evidence | None = None
        self.doubts: list[tuple[str, str]] = []  # why the books cannot be judged: a rule of the scene, and an example

    def fight(self, faults: list[Fault]) -> None:
        """Moves the jobs while the faults strike, until all are enqueued, all faults have struck enough, all is done."""
        began = time.monotonic()
        try:
            self.fleet.start_workers()
            self.fleet.start_producers(self.options.jobs, self.options.rate)
            self.strikers = [Striker(fault, self.ledger) for fault in faults]
            for striker in self.strikers:
                striker.start()
            self._endure()
            self._drain()
        finally:
            self.fleet.stop()
        self.seconds = time.monotonic() - began

    def judge(self, forgiven: tuple[float, float] | None = None, is_clock_true: bool = True) -> Findings:
        """Reads the books and the database, and prints what was found."""
        books, facts = account.read(self.folder), evidence.gather(server.url(), self.seen)
        found = checker.check(books, facts, forgiven, is_clock_true)
        found.figures["jobs per second, from the first enqueue to the last end"] = round(
            len(facts.references) / self.seconds)
        found.figures["seconds under load"] = round(self.seconds)
        for striker in self.strikers:
            if striker.failure or striker.count < striker.fault.wanted:
                found.refuse("every fault strikes often enough", f"{striker.fault.name} struck {striker.count} times "
                             f"of {striker.fault.wanted}: {striker.failure or 'time is over'}")
        for rule, example in self.doubts:
            found.refuse(rule, example)
        if not self.fleet.are_producers_done():
            found.refuse("producers get done in time", "a producer had jobs left to enqueue")
        if self.is_stuck:
            found.refuse("nobody is stuck", f"jobs or claims had not ended {self.options.drain} s later")
        report.faults(books, {s.fault.name: (s.count, s.fault.wanted) for s in self.strikers})
        report.findings(found)
        for job in {int(number) for examples in found.examples.values() for text in examples
                    for number in re.findall(r"^job (\d+)", text)}:
            report.story(job, books, facts)
        return found

    def _endure(self) -> None:
        """Until all is enqueued and every fault has struck often enough; then stops the faults. A slow machine has thrice
        the time."""
        deadline = time.monotonic() + 3 * self.options.limit
        while time.monotonic() < deadline:
            time.sleep(0.5)
            self.fleet.refill()
            if self.fleet.are_producers_done() and all(s.is_enough for s in self.strikers):
                break
            if any(s.failure for s in self.strikers):
                print("a fault could not be struck: the scene ends", file=sys.stderr)
                break
        for striker in self.strikers:
            striker.stopping.set()
        for striker in self.strikers:
            striker.join(timeout=60)

    def _drain(self) -> None:
        """Waits until no job is left to do and no lease is open."""
        deadline = time.monotonic() + self.options.drain
        while (left := any(map(server.ask, self.pending))) and time.monotonic() < deadline:
            self.fleet.refill()
            time.sleep(0.5)
        self.is_stuck = left
