"""(g) How long a claim of ten takes in front of 10 thousand, 1 million, 10 million ready jobs."""

from ..bench import Bench, Case
from ..fill import fill
from ..probe import claim_for
from ..results import percentile

LETTER = "g"
TITLE = "claims before a backlog"


def cases(bench: Bench) -> list[Case]:
    return [
        Case(system, TITLE, lambda database, system=system: grow(bench, system, database))
        for system in ("quoll", "textbook")
    ]


def grow(bench: Bench, system: str, database: str) -> None:
    """One queue that grows from the smallest backlog to the largest."""
    there = 0
    medians = []
    for backlog in sorted(bench.options.backlogs):
        fill(database, system, backlog - there)
        there = backlog
        looks = claim_for(database, system, bench.options.backlog_seconds)
        times = [look.milliseconds for look in looks if look.jobs]
        medians.append(percentile(times, 0.5))
        bench.add(f"backlog.{backlog}.p50", system, "ms", medians[-1])
        bench.add(f"backlog.{backlog}.p99", system, "ms", percentile(times, 0.99))
    bench.add("backlog.growth", system, "largest/smallest p50", medians[-1] / medians[0])
