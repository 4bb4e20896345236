"""(k) CPU seconds of the worker per 1,000 jobs: measured by the runs of (d)."""

from ..bench import Bench, Case
from . import worker

LETTER = "k"
TITLE = "CPU of workers"


def cases(bench: Bench) -> list[Case]:
    return [] if worker.LETTER in bench.options.only else worker.cases(bench)
