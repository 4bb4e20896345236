"""(f) A snapshot held open: first under a load that all can bear, then under saturation."""

import itertools
import math
import time
from contextlib import contextmanager

from .. import pgbench, process, server
from ..bench import Bench, Case
from ..fill import fill
from ..probe import JOBS, Probe, size
from ..results import percentile
from .latency import flow

LETTER = "f"
TITLE = "held snapshot"
DEPTH = 1000
"""Of the saturated queue at the start; up to 1,200 our own count of it is exact."""
WARM_UP = 0.2
"""Part of the time: the ring goes round once, since the history is kept for a tenth of it."""
CYCLE = 10
"""Jobs that a session enqueues, claims and settles in turn."""


def cases(bench: Bench) -> list[Case]:
    steady = [
        Case(system, f"{TITLE}, steady load", lambda database, system=system: steady_load(bench, system, database))
        for system in ["quoll-notify", *bench.systems.peers]
    ]
    saturated = [
        Case(system, f"{TITLE}, saturated", lambda database, system=system: saturation(bench, system, database))
        for system in ("quoll", "textbook")
    ]
    return steady + saturated


@contextmanager
def held_snapshot(database: str):
    """Another session's transaction that has written, and looks at what was there when it began."""
    with server.connect(database) as session:
        session.execute("begin isolation level repeatable read")
        session.execute("select pg_current_xact_id()")
        yield
        session.execute("rollback")


def steady_load(bench: Bench, system: str, database: str) -> None:
    options = bench.options
    with held_snapshot(database):
        arrivals = flow(bench, system, database, options.held_rate, options.held_seconds)
        with server.connect(database) as session:
            tables = size(session)
    label = system.split("-")[0]
    pairs = [(arrival.committed / 1e9, arrival.milliseconds) for arrival in arrivals]
    slices = sliced(pairs, options.held_slices, options.held_seconds)
    started = sliced([(at + ms / 1000, ms) for at, ms in pairs], options.held_slices, options.held_seconds, min(pairs)[0])
    medians = []
    for number, (milliseconds, starts) in enumerate(zip(slices, started), 1):
        bench.add(f"held.steady.rate.slice{number}", label, "jobs/s",
                  len(starts) * options.held_slices / options.held_seconds)
        bench.add(f"held.steady.p50.slice{number}", label, "ms", percentile(milliseconds, 0.5))
        bench.add(f"held.steady.p99.slice{number}", label, "ms", percentile(milliseconds, 0.99))
        medians.append(percentile(milliseconds, 0.5))
    bench.add("held.steady.growth", label, "last/first p50", medians[-1] / medians[0])
    bench.add("held.steady.tables", label, "MiB at the end", tables)


def saturation(bench: Bench, system: str, database: str) -> None:
    """Eight sessions enqueue, claim and settle ten jobs in turn, while a probe times claims and counts what is left.

    They do so before the snapshot is held too, until the tables have what they always have: a ring whose slots are still
    empty is read faster, and that has nothing to do with the snapshot.
    """
    options = bench.options
    keep_briefly(system, database, options.held_seconds)
    fill(database, system, DEPTH)
    upkeep = start_upkeep(system, database, options.held_seconds + options.held_seconds * WARM_UP)
    cycle = pgbench.Load(database, f"{system}/cycle", clients=options.clients, seconds=options.held_seconds * WARM_UP,
                         variables={"batch": CYCLE})
    before = pgbench.run(cycle)
    bench.add("held.saturated.before", system, "jobs/s", before.per_second * CYCLE)
    cycle.seconds = options.held_seconds
    depth_every = options.held_seconds / options.held_slices / 6
    with held_snapshot(database), Probe(database, system, depth_every) as probe:
        _, timings = pgbench.run_timed(cycle)
    if upkeep:
        process.finish(upkeep, 60)
    report(bench, system, timings, probe)


def keep_briefly(system: str, database: str, seconds: float) -> None:
    """History is kept for a tenth of the time, so that the ring of slots goes round several times: rows come and go."""
    if system == "quoll":
        server.ask(database, "select queue.configure_queue('bench', jsonb_build_object('retention_finished', %s::text))",
                   f"{max(2, seconds / 10):.1f} seconds")


def start_upkeep(system: str, database: str, seconds: float):
    """queue.maintain() once a second, as a worker calls it; the textbook's table has autovacuum."""
    if system != "quoll":
        return None
    return process.start(pgbench.Load(database, "quoll/maintain", seconds=seconds, rate=1).command())


def report(bench: Bench, system: str, timings: list[pgbench.Timing], probe: Probe) -> None:
    options = bench.options
    width = options.held_seconds / options.held_slices
    start = min(timing.ended for timing in timings)

    def slices(pairs):
        return sliced(pairs, options.held_slices, options.held_seconds, start)

    came = slices([(timing.ended, CYCLE) for timing in timings] + [(look.at, JOBS) for look in probe.looks])
    first = probe.depths[0][1]
    depths = last_of(slices(probe.depths), first)
    rates = settled([sum(part) for part in came], [first, *depths], width)
    claims = slices([(look.at, look.milliseconds) for look in probe.looks if look.jobs])
    sizes = [max(part, default=math.nan) for part in slices(probe.sizes)]
    for number, (rate, depth, claim, hot) in enumerate(zip(rates, depths, claims, sizes), 1):
        bench.add(f"held.saturated.rate.slice{number}", system, "jobs/s", rate)
        bench.add(f"held.saturated.depth.slice{number}", system, "ready jobs", depth)
        bench.add(f"held.saturated.claim.slice{number}", system, "ms p50", percentile(claim, 0.5))
        bench.add(f"held.saturated.hot.slice{number}", system, "MiB", hot)
        bench.add(f"held.saturated.hot.each.slice{number}", system, "MiB per 1,000 jobs/s", hot / rate * 1000)
    bench.add("held.saturated.flat", system, "last/first rate", rates[-1] / rates[0])
    bench.add("held.saturated.hot.growth", system, "last/middle MiB per job/s", growth(sizes, rates))


def last_of(parts: list[list[float]], before: float) -> list[float]:
    """The last value of each part; of one that has none, the one before it."""
    return list(itertools.accumulate(parts, lambda value, part: part[-1] if part else value, initial=before))[1:]


def settled(came: list[float], depths: list[float], width: float) -> list[float]:
    """Jobs per second that were settled in each part: what came in, less what the queue grew by.

    depths: before the first part, and at the end of each.
    """
    return [(jobs - (after - before)) / width for jobs, (before, after) in zip(came, itertools.pairwise(depths))]


def growth(sizes: list[float], rates: list[float]) -> float:
    """The tables' size for each job per second that went through, in the last part to that in the middle.

    Tables that hold what came in within some time are twice as large when twice as much comes in, and not growing.
    """
    middle = len(sizes) // 2
    return (sizes[-1] / rates[-1]) / (sizes[middle] / rates[middle])


def sliced(pairs, slices: int, seconds: float, start: float | None = None) -> list[list[float]]:
    """The values of (time, value) in equal parts of the time; what lies outside is left out."""
    parts: list[list[float]] = [[] for _ in range(slices)]
    if start is None:
        start = min((at for at, _ in pairs), default=time.time())
    for at, value in pairs:
        index = math.floor((at - start) / seconds * slices)
        if 0 <= index < slices:
            parts[index].append(value)
    return parts
