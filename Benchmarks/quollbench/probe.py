"""One session that claims ten jobs now and then and times the claim alone."""

import threading
import time
from dataclasses import dataclass

from . import fill, server

JOBS = 10
"""Of one look."""

CLAIM = {
    "quoll": f"select job_id, lease_token from queue.claim_batch('bench', 'probe', {JOBS})",
    "textbook": f"select id from jobs_claim({JOBS})",
}
SETTLE = {
    "quoll": "select count(*) from queue.complete_batch(%s::bigint[], %s::bigint[])",
    "textbook": "select jobs_done(%s::bigint[])",
}
# Every table of the system with its indexes: for Quoll the ring of slots, which holds the history too, and what is small.
SIZE = """
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 / 1048576
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname !~ '^(pg_|information_schema$)'"""


@dataclass
class Look:
    at: float
    """Seconds since 1970."""
    milliseconds: float
    jobs: int


def claim_once(session, system: str) -> Look:
    """Enqueues as many jobs as it asks for, so that the depth stays; claims, notes how long that took, and settles."""
    session.execute(fill.statement(system, JOBS))
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
    """Looks in the background, ten times a second, until it is left.

    Notes the size of the tables too, once a second, and, since it may be dear, seldom the depth of the queue.
    """

    def __init__(self, database: str, system: str, depth_every: float):
        """depth_every: in seconds."""
        self.looks: list[Look] = []
        self.sizes: list[tuple[float, float]] = []
        """Seconds since 1970, MiB."""
        self.depths: list[tuple[float, int]] = []
        """Seconds since 1970, ready jobs."""
        self._database, self._system = database, system
        self._looks_per_depth = max(1, round(depth_every * 10))
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
                if len(self.looks) % 10 == 0:
                    self.sizes.append((time.time(), size(session)))
                if len(self.looks) % self._looks_per_depth == 0:
                    self.depths.append((time.time(), session.execute(fill.READY[self._system]).fetchone()[0]))
                self.looks.append(claim_once(session, self._system))


def size(session) -> float:
    """MiB of all tables, whichever system's."""
    return session.execute(SIZE).fetchone()[0]
