"""The main scene: producers and workers move jobs while faults strike; then everything drains, and the books are held
against the database."""

import json
import re
import shutil
import sys
import tempfile
import time

from . import account, checker, evidence, report, server
from .faults.crashes import Crash, KillBackend, Terminate
from .faults.fault import Striker
from .faults.sessions import FullNotificationQueue, LowTimeouts, OpenTransaction, Prepared, PreparedThroughout
from .faults.upkeep import Dump, Rewrite
from .faults.workers import Freeze, Kill
from .fleet import OPTIONS, Fleet
from .ledger import Ledger
from .options import Options
from .pooler import Pooler
from .producer import CHAOS, QUIET

PENDING = """select (select count(*) from queue_internal.delivery where payload is not null and job_id is not null)
    - (select count(*) from queue_internal.attempt where outcome in ('succeeded', 'skipped', 'canceled'))
    - (select count(*) from queue_internal.dead_letter)"""
OPEN = """select count(*) from queue_internal.claim as c where c.token <> 0 and cardinality(c.ids) >
    (select count(*) from queue_internal.attempt as a where a.lease_token = c.token)"""


def run(options: Options) -> bool:
    """Whether every promise was kept and every fault struck often enough."""
    folder = tempfile.mkdtemp(prefix="chaos.")
    is_kept = _run(options, folder)
    if is_kept:
        shutil.rmtree(folder)
    else:
        print(f"\nthe ledgers are in {folder}")
    return is_kept


def _run(options: Options, folder: str) -> bool:
    for queue, notify in (CHAOS, True), (QUIET, False):
        server.ask("select queue.create_queue(%s, %s::jsonb)", queue, json.dumps({**OPTIONS, "notify": notify}))
    ledger = Ledger(folder, "harness")
    pooler = Pooler(folder)
    urls = {"producers": [server.url(), server.url(), pooler.url], "python": [server.url(), server.url(), pooler.url],
            "swift": [server.url(), pooler.url]}
    fleet = Fleet(folder, options.qworker, options.lease, urls)
    began = time.monotonic()
    try:
        fleet.start_workers()
        fleet.start_producers(options.jobs, options.rate)
        strikers = [Striker(fault, ledger) for fault in _faults(options, fleet, folder)]
        for striker in strikers:
            striker.start()
        is_struck = _endure(options, fleet, strikers)
        pending = _drain(fleet, options.drain)
    finally:
        fleet.stop()
        pooler.stop()
    seconds = time.monotonic() - began
    books, facts = account.read(folder), evidence.gather(server.url())
    found = checker.check(books, facts)
    found.figures["jobs per second, from the first enqueue to the last end"] = round(len(facts.references) / seconds)
    found.figures["seconds under load"] = round(seconds)
    report.faults(books, {s.fault.name: (s.count, s.fault.wanted) for s in strikers})
    report.findings(found)
    for job in {int(number) for examples in found.examples.values() for text in examples
                for number in re.findall(r"^job (\d+)", text)}:
        report.story(job, books, facts)
    if pending:
        print(f"\n{pending} jobs or claims had not ended {options.drain} s after the last fault")
    return is_struck and not pending and not found.refusals


def _faults(options: Options, fleet: Fleet, folder: str) -> list:
    some = options.strikes
    return [
        Kill(fleet, 1, some(300, 30)),
        Freeze(fleet, 4, some(40, 5)),
        Crash(options.pace(20), some(20, 2)),
        KillBackend("claim_batch", options.pace(30), some(5, 1)),
        KillBackend("complete_batch", options.pace(30), some(5, 1)),
        KillBackend("maintain", options.pace(30), some(5, 1)),
        Terminate(2, some(50, 5)),
        LowTimeouts(3, options.pace(20), some(10, 1)),
        OpenTransaction(folder, 901, 5, 2, some(10, 2)),
        Prepared(folder, 902, 4, 2, some(10, 2)),
        PreparedThroughout(folder, 903, options.limit, 0, 1),
        Dump(0.5, some(5, 1)),
        Rewrite(2, some(30, 3)),
        FullNotificationQueue(options.pace(6), options.pace(60), some(3, 1)),
    ]


def _endure(options: Options, fleet: Fleet, strikers: list[Striker]) -> bool:
    """Until all is enqueued and every fault has struck often enough; then stops the faults."""
    deadline = time.monotonic() + options.limit
    while time.monotonic() < deadline:
        time.sleep(0.5)
        fleet.refill()
        if fleet.are_producers_done() and all(s.is_enough for s in strikers):
            break
    for striker in strikers:
        striker.stopping.set()
    for striker in strikers:
        striker.join(timeout=60)
        if striker.failure or striker.count < striker.fault.wanted:
            print(f"{striker.fault.name} struck {striker.count} times of {striker.fault.wanted}: "
                  f"{striker.failure or 'time is over'}", file=sys.stderr)
    return fleet.are_producers_done() and all(s.count >= s.fault.wanted and not s.failure for s in strikers)


def _drain(fleet: Fleet, seconds: float) -> int:
    """Waits until no job is left to do and no lease is open; how many there are after that time."""
    deadline = time.monotonic() + seconds
    while (pending := server.ask(PENDING) or server.ask(OPEN)) and time.monotonic() < deadline:
        fleet.refill()
        time.sleep(0.5)
    return pending
