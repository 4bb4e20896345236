"""What is looked at each minute: memory of processes, sizes of tables, what was done, how long it took."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from .load import Probe, Producer

# What is swept while it is in use, and so must not grow; the history grows until it is old enough to go.
SIZES = """
select case when relname ~ '^(delivery|claim|attempt)' then regexp_replace(relname, '_(0|1|2|kept)$', '') else 'other' end,
    sum(pg_total_relation_size(oid))
from pg_class where relnamespace = 'queue_internal'::regnamespace and relkind in ('r', 'S') group by 1
"""


@dataclass
class Sample:
    """One minute. Sizes in MiB, waits in ms, rates in jobs a second."""

    minute: int
    done: float
    depth: int
    waits: list[float]
    workers: float
    backends: float
    sizes: dict[str, float] = field(default_factory=dict)
    behind: float = 0


def resident(pid: int) -> float:
    """The memory of a process that it shares with no other, in MiB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


class Sampler:
    def __init__(self, url: str, producer: Producer, probe: Probe, workers: list):
        self.connection = psycopg.connect(url, autocommit=True, application_name="soak sampler")
        self.producer, self.probe, self.workers = producer, probe, workers
        self.finished = self._finished()
        self.at = time.monotonic()
        self.samples: list[Sample] = []

    def _finished(self) -> int:
        """How many attempts have ended so far: rows ever inserted into the history, by the statistics of the server."""
        return self.connection.execute(
            "select coalesce(sum(n_tup_ins), 0) from pg_stat_user_tables "
            "where schemaname = 'queue_internal' and relname ~ '^attempt_[012]$'").fetchone()[0]

    def take(self) -> Sample:
        now, finished = time.monotonic(), self._finished()
        waits = [wait for came, wait in list(self.probe.waits) if came >= self.at]
        pids = [row[0] for row in self.connection.execute(
            "select pid from pg_stat_activity where application_name like 'quoll worker%'")]
        sample = Sample(
            minute=len(self.samples) + 1,
            done=float(finished - self.finished) / (now - self.at),
            depth=len(self.probe.missing),
            waits=sorted(waits),
            workers=max((resident(worker.pid) for worker in self.workers), default=0),
            backends=max((resident(pid) for pid in pids), default=0),
            sizes={name: float(size) / 2**20 for name, size in self.connection.execute(SIZES)},
            behind=self.producer.late)
        self.producer.late = 0
        self.at, self.finished = now, finished
        self.samples.append(sample)
        return sample
