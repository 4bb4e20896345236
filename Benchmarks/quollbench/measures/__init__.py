"""One module for each letter of the list: LETTER, TITLE, cases(bench)."""

from . import (
    backlog,
    bulk,
    ceiling,
    cpu,
    drain,
    enqueue,
    held,
    latency,
    mixed,
    scaling,
    wal,
    worker,
)

ALL = [enqueue, bulk, drain, worker, latency, held, backlog, wal, scaling, mixed, cpu, ceiling]
