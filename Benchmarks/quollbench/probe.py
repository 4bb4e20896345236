"""One session that claims ten jobs now and then and times the claim alone."""

import threading
import time
from dataclasses import dataclass

from . import server

CLAIM = {
    "quoll": "select job_id, lease_token from queue.claim_batch('bench', 'probe', 10)",
    "textbook": "select id from jobs_claim(10)",
}
SETTLE = {
    "quoll": "select count(*) from queue.complete_batch(%s::bigint[], %s::bigint[])",
    "textbook": "select jobs_done(%s::bigint[])",
}
# What claims and settlements read and write: the ring of slots, which holds the history too; the textbook's table.
SIZE = """
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 / 1048576
    from pg_class as c
    where c.relkind = 'r' and (c.relnamespace = to_regnamespace('queue_internal')
        and c.relname ~ '^(delivery|claim|attempt)_' or c.oid = to_regclass('public.jobs'))"""


@dataclass
class Look:
    at: float
    """Seconds since 1970."""
    milliseconds: float
    jobs: int


def claim_once(session, system: str) -> Look:
    """Claims, notes how long that took, and settles what it got."""
    start = time.perf_counter()
    rows = session.execute(CLAIM[system]).fetchall()
    taken = (time.perf_counter() - start) * 1000
    if rows:
        session.execute(SETTLE[system], [list(column) for column in zip(*rows)])
    return Look(time.time(), taken, len(rows))


def claim_for(database: str, system: str, seconds: float) -> list[Look]:
    """Claims one after the other for so long, after twenty that do not count."""
    with server.connect(database) as session:
        for _ in range(20):
            claim_once(session, system)
        end = time.monotonic() + seconds
        looks = []
        while time.monotonic() < end:
            looks.append(claim_once(session, system))
        return looks


class Probe:
    """Looks in the background, ten times a second, until it is left; notes the size of the tables too."""

    def __init__(self, database: str, system: str):
        self.looks: list[Look] = []
        self.sizes: list[tuple[float, float]] = []
        """Seconds since 1970, MiB."""
        self._database, self._system = database, system
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)

    def _run(self):
        with server.connect(self._database) as session:
            while not self._stop.wait(0.1):
                self.looks.append(claim_once(session, self._system))
                if len(self.looks) % 10 == 1:
                    self.sizes.append((time.time(), session.execute(SIZE).fetchone()[0]))
