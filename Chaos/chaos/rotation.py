"""Storage is recycled under faults: what has ended is forgotten after some seconds, what has not is carried along. An
archivist copies what is new every second, so that the books can still be held against all of it."""

import time

import psycopg

from . import evidence, server
from .campaign import Campaign
from .checker import Findings
from .faults.crashes import Crash, KillBackend
from .faults.fault import Missed, Paced
from .faults.sessions import OpenTransaction, Prepared
from .faults.upkeep import Dump
from .faults.workers import Freeze, Kill
from .options import Options

# Seconds; a slot is filled for half of that. The archivist has to get through within it, beside crashes from which the server
# recovers in some ten seconds on a busy machine.
RETENTION, RETENTION_QUICK = 60, 24
# What is left to do: few enough jobs are kept here to ask for their states.
PENDING = "select count(*) from queue.job where state not in ('succeeded', 'skipped', 'canceled', 'dead')"


class Archivist(Paced):
    """No fault: reads what is new every second. Counts how often a slot was truncated meanwhile."""
    name = "storage-recycled"

    def __init__(self, wanted: int):
        super().__init__(1, wanted)
        self.seen = evidence.Evidence()
        self.read_at = time.monotonic()
        self.longest = 0.0
        self.switched = None

    def strike(self) -> str:
        with server.connect() as connection:
            self.read(connection)
            switched = connection.execute("select switched_at from queue_internal.rotation").fetchone()[0]
        before, self.switched = self.switched, switched
        if before in (None, switched):
            raise Missed("not recycled since")
        return "switched"

    def read(self, connection: psycopg.Connection) -> None:
        evidence.collect(connection, self.seen)
        self.longest = max(self.longest, time.monotonic() - self.read_at)
        self.read_at = time.monotonic()


def run(options: Options, folder: str) -> Findings:
    url = server.url()
    retention = options.strikes(RETENTION, RETENTION_QUICK)
    campaign = Campaign(options, folder, {"producers": [url, url], "python": [url, url], "swift": [url]},
                        {"retention_finished": f"{retention} seconds"})
    campaign.pending = (PENDING,)
    fleet = campaign.fleet
    some = options.strikes
    archivist = Archivist(some(6, 3))
    campaign.seen = archivist.seen
    campaign.fight([
        archivist, Kill(fleet, 1, some(30, 10)), Freeze(fleet, 4, some(5, 1)), Crash(options.pace(20), some(4, 1)),
        KillBackend("maintain", options.pace(20), some(3, 1)), OpenTransaction(folder, 901, 5, 2, some(3, 1)),
        Prepared(folder, 902, 4, 2, some(3, 1)), Dump(3, some(3, 1))])
    if archivist.longest > retention:
        campaign.doubts.append(("the archivist sees everything", f"it did not look for {archivist.longest:.1f} s"))
    return campaign.judge()
