"""(e) From the commit of the enqueue to the start of the handler, in an idle worker that is woken by NOTIFY."""

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass

from .. import process, server, systems, workers
from ..bench import Bench, Case
from ..results import percentile

LETTER = "e"
TITLE = "latency"
PARTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
PRODUCERS = 8


@dataclass
class Arrival:
    """One job: when its enqueue had committed (nanoseconds since 1970), and how much later its handler started."""

    committed: int
    milliseconds: float


def cases(bench: Bench) -> list[Case]:
    made = []
    for rate in bench.options.rates:
        for part in PARTS:
            bench.compare(f"latency.{rate}.{part}", "notify")
        made.append(Case("ceiling", f"{TITLE}, bare NOTIFY", lambda database, rate=rate: bare(bench, database, rate)))
        for system in ["quoll-notify", *bench.systems.peers]:
            made.append(Case(system, f"{TITLE} at {rate}/s", lambda database, system=system, rate=rate: latency(
                bench, system, database, rate)))
    return made


def bare(bench: Bench, database: str, rate: int) -> None:
    seconds = bench.options.latency_seconds
    command = [
        sys.executable, "-m", "quollbench.actors.notify", "--url", server.url(database),
        "--rate", str(rate), "--seconds", str(seconds),
    ]
    report(bench, "notify", rate, json.loads(process.run(command, seconds * 2 + 60).splitlines()[-1]))


def latency(bench: Bench, system: str, database: str, rate: int) -> None:
    arrivals = flow(bench, system, database, rate, bench.options.latency_seconds)
    label = system.split("-")[0]
    report(bench, label, rate, [arrival.milliseconds for arrival in arrivals])
    seconds = (arrivals[-1].committed - arrivals[0].committed) / 1e9
    bench.add(f"latency.{rate}.rate", label, "jobs/s", (len(arrivals) - 1) / seconds)


def report(bench: Bench, system: str, rate: int, milliseconds: list[float]) -> None:
    for part, share in PARTS.items():
        bench.add(f"latency.{rate}.{part}", system, "ms", percentile(milliseconds, share))


def flow(bench: Bench, system: str, database: str, rate: float, seconds: float) -> list[Arrival]:
    """Jobs at a steady rate through one worker process; in the order of their commits."""
    with tempfile.TemporaryDirectory() as folder:
        with workers.Workers(system, database, 1, 50, record=f"{folder}/started") as group:
            time.sleep(1)  # until it listens
            command = systems.actor(
                system.split("-")[0], "produce", database, rate=rate, seconds=seconds, clients=PRODUCERS,
                record=f"{folder}/committed")
            produced = json.loads(process.run(command, seconds * 2 + 60).splitlines()[-1])["count"]
            group.wait(produced, bench.options.patience)
        committed = read(f"{folder}/committed")
        started = {number: at for record in group.records for number, at in read(record).items()}
    return sorted(
        (Arrival(at, (started[number] - at) / 1e6) for number, at in committed.items() if number in started),
        key=lambda arrival: arrival.committed)


def read(path: str) -> dict[int, int]:
    """Lines `NUMBER NANOSECONDS`; the first of each number counts."""
    if not os.path.exists(path):
        raise process.ProcessFailure(f"nothing was written to {os.path.basename(path)}")
    times: dict[int, int] = {}
    with open(path) as lines:
        for line in lines:
            number, at = line.split()
            times.setdefault(int(number), int(at))
    return times
