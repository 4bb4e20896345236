"""Runs the cases in turn, round by round, so that a change of the machine's mood meets all systems alike."""

import time

from . import measures, server
from .bench import Bench, Case
from .systems import template


def run(bench: Bench, start: float) -> None:
    """Every measure once, then again, until each has had its rounds or the time since the start is up."""
    options = bench.options
    chosen = [measure for measure in measures.ALL if measure.LETTER in options.only]
    end = start + options.minutes * 60
    for turn in range(options.rounds):
        for measure in chosen:
            if turn >= options.rounds_of(measure.LETTER):
                continue
            if turn > 0 and time.monotonic() > end:
                bench.results.note(f"({measure.LETTER}) was run {turn} times, not {options.rounds_of(measure.LETTER)}: "
                                   f"the {options.minutes:g} minutes were over")
                options.fewer_rounds = options.fewer_rounds | {measure.LETTER: turn}
                continue
            _run_measure(bench, measure, turn)


def _run_measure(bench: Bench, measure, turn: int) -> None:
    start = time.monotonic()
    bench.results.letter = measure.LETTER
    cases = [case for case in measure.cases(bench) if bench.systems.has(case.system)]
    print(f"round {turn + 1}, ({measure.LETTER}) {measure.TITLE} ", end="", flush=True)
    for case in cases if turn % 2 == 0 else reversed(cases):
        _run_case(bench, measure, case)
        print(".", end="", flush=True)
    print(f" {time.monotonic() - start:.0f} s", flush=True)


def _run_case(bench: Bench, measure, case: Case) -> None:
    """A case that fails is reported, and does not stop the others."""
    try:
        with server.fresh(template(case.system)) as database:
            case.run(database)
    except Exception as error:
        if was_stopped(error):
            raise SystemExit(1) from error
        failure = f"({measure.LETTER}) {case.title}, {case.system}: {type(error).__name__}: {first_line(error)}"
        bench.results.failures.append(failure)
        print(f"\n    FAILED {failure}", flush=True)


def was_stopped(error: BaseException | None) -> bool:
    """Whether a signal's SystemExit was on its way when this error took its place, while things were tidied up."""
    while error is not None:
        if isinstance(error, SystemExit):
            return True
        error = error.__context__
    return False


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
