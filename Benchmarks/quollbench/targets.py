"""The ratios that must hold within one run."""

from dataclasses import dataclass

from .options import PEERS
from .results import Results


@dataclass
class Target:
    letter: str
    text: str
    reached: float | None
    """None: not measured in this run."""
    bound: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.reached <= self.bound if self.at_most else self.reached >= self.bound

    def line(self) -> str:
        sign = "≤" if self.at_most else "≥"
        return f"({self.letter}) {self.text}: {self.reached:.2f} ({sign} {self.bound:g}) {'met' if self.met else 'NOT MET'}"


def measured(results: Results) -> list[Target]:
    """Those that this run has figures for."""
    candidates = [*_enqueue(results), *_drain(results), *_latency(results), *_flatness(results), *_wal(results)]
    return [target for target in candidates if target.reached is not None]


def _ratio(results: Results, name: str, system: str, base: str, base_name: str | None = None) -> float | None:
    value, other = results.median(name, system), results.median(base_name or name, base)
    return value / other if value is not None and other else None


def _enqueue(results: Results):
    single, bulk = "enqueue.single", "enqueue.bulk"
    yield Target("a", "quoll / bare insert", _ratio(results, single, "quoll", "bare"), 0.95)
    yield Target("a", "with notification and listeners / without", _ratio(results, single, "quoll-notify", "quoll"), 0.9)
    for peer in PEERS:
        yield Target("a", f"quoll / {peer}", _ratio(results, single, "quoll", peer), 1)
        yield Target("a", f"quoll / {peer}, both from Python",
                     _ratio(results, "enqueue.single.python", "quoll", peer), 1)
    yield Target("b", "quoll / COPY", _ratio(results, bulk, "quoll", "copy"), 0.6)
    yield Target("b", "quoll / awa", _ratio(results, bulk, "quoll", "awa"), 3)


def _drain(results: Results):
    for batch, bound in ((1, 1), (10, 1.25), (100, 1.25)):
        yield Target("c", f"quoll / textbook, batch {batch}",
                     _ratio(results, f"drain.sql.batch{batch}", "quoll", "textbook"), bound)
    yield Target("c", "with receipts / textbook, batch 1000",
                 _ratio(results, "drain.sql.batch1000", "quoll-receipts", "textbook"), 1.8)
    yield Target("d", "quoll's worker / awa's", _ratio(results, "drain.worker", "quoll", "awa"), 10)
    yield Target("d", "worker / SQL at batch 100",
                 _ratio(results, "drain.worker", "quoll", "quoll", "drain.sql.batch100"), 0.6)
    yield Target("j", "mixed load / (d)", _ratio(results, "drain.mixed", "quoll", "quoll", "drain.worker"), 0.7)


def _latency(results: Results):
    yield Target("e", "p50 at 1,000/s, ms", results.median("latency.1000.p50", "quoll"), 2, at_most=True)
    yield Target("e", "p99 at 1,000/s, ms", results.median("latency.1000.p99", "quoll"), 10, at_most=True)


def _flatness(results: Results):
    yield Target("f", "last / first part of a held snapshot, jobs/s",
                 results.median("held.saturated.flat", "quoll"), 0.95)
    yield Target("g", "claim at the largest / smallest backlog",
                 results.median("backlog.growth", "quoll"), 1.2, at_most=True)
    rates = {
        name: results.median(name, "quoll")
        for name in dict.fromkeys(s.name for s in results.samples) if name.startswith("scaling.workers")
    }
    most = max(rates, key=lambda name: int(name.removeprefix("scaling.workers")), default=None)
    yield Target("i", "most workers / best number", rates[most] / max(rates.values()) if most else None, 0.9)


def _wal(results: Results):
    yield Target("h", "WAL of a whole life, bytes", results.median("wal.life", "quoll"), 650, at_most=True)
    yield Target("h", "the same with receipts", results.median("wal.life", "quoll-receipts"), 420, at_most=True)
