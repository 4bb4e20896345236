"""Runs the cases of each measure in turn, so that a change of the machine's mood meets all systems alike."""

import time

from . import measures, server
from .bench import Bench, Case
from .systems import template


def run(bench: Bench) -> None:
    for measure in measures.ALL:
        if measure.LETTER in bench.options.only:
            _run_measure(bench, measure)


def _run_measure(bench: Bench, measure) -> None:
    start = time.monotonic()
    print(f"({measure.LETTER}) {measure.TITLE}", flush=True)
    cases = [case for case in measure.cases(bench) if bench.systems.has(case.system)]
    for turn in range(bench.options.rounds):
        for case in cases if turn % 2 == 0 else reversed(cases):
            _run_case(bench, measure, case)
    print(f"    {time.monotonic() - start:.0f} s", flush=True)


def _run_case(bench: Bench, measure, case: Case) -> None:
    """A case that fails is reported, and does not stop the others."""
    try:
        with server.fresh(template(case.system)) as database:
            case.run(database)
    except Exception as error:
        failure = f"({measure.LETTER}) {case.title}, {case.system}: {type(error).__name__}: {first_line(error)}"
        bench.results.failures.append(failure)
        print(f"    FAILED {failure}", flush=True)


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
