"""(i) Drain in batches of ten by 1 to 64 claimers."""

from ..bench import Bench, Case
from .drain import drain_rate

LETTER = "i"
TITLE = "scaling"


def cases(bench: Bench) -> list[Case]:
    return [
        Case(system, f"{TITLE}, {workers} claimers",
             lambda database, system=system, workers=workers: drain(bench, system, database, workers))
        for workers in bench.options.workers
        for system in ("quoll", "textbook")
    ]


def drain(bench: Bench, system: str, database: str, workers: int) -> None:
    options = bench.options
    rate = drain_rate(database, system, 10, workers, options.drain_jobs, options.seconds)
    bench.add(f"scaling.workers{workers}", system, "jobs/s", rate)
