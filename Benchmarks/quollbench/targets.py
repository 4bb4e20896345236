"""The figures that must hold within one run."""

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
    def met(self) -> bool | None:
        if self.reached is None:
            return None
        return self.reached <= self.bound if self.at_most else self.reached >= self.bound

    @property
    def cells(self) -> list[str]:
        """Measure, target, bound, figure, verdict."""
        figure = "–" if self.reached is None else f"{self.reached:.0f}" if self.bound > 100 else f"{self.reached:.2f}"
        verdict = {True: "reached", False: "**missed**", None: "not measured"}[self.met]
        return [f"({self.letter})", self.text, f"{'≤' if self.at_most else '≥'} {self.bound:g}", figure, verdict]


def all_of(results: Results, letters: set[str]) -> list[Target]:
    """The targets of these measures, also those that this run has no figures for."""
    everything = [*_enqueue(results), *_drain(results), *_latency(results), *_flatness(results), *_wal(results),
                  *_load(results)]
    return sorted((target for target in everything if target.letter in letters), key=lambda target: target.letter)


def _ratio(results: Results, name: str, system: str, base: str, base_name: str | None = None) -> float | None:
    value, other = results.median(name, system), results.median(base_name or name, base)
    return value / other if value is not None and other else None


def _enqueue(results: Results):
    single, python, bulk = "enqueue.single", "enqueue.single.python", "enqueue.bulk"
    yield Target("a", "quoll / bare insert", _ratio(results, single, "quoll", "bare"), 0.95)
    yield Target("a", "quoll / textbook", _ratio(results, single, "quoll", "textbook"), 1)
    for peer in PEERS:
        yield Target("a", f"quoll / {peer}, both from Python", _ratio(results, python, "quoll", peer), 1)
    yield Target("a", "with notification and listeners / without", _ratio(results, single, "quoll-notify", "quoll"), 0.9)
    yield Target("b", "quoll / COPY", _ratio(results, bulk, "quoll", "copy"), 0.6)
    yield Target("b", "quoll / awa, both from Python", _ratio(results, f"{bulk}.python", "quoll", "awa"), 3)


def _drain(results: Results):
    for batch, bound in ((1, 1), (10, 1.25), (100, 1.25)):
        yield Target("c", f"quoll / textbook, batch {batch}",
                     _ratio(results, f"drain.sql.batch{batch}", "quoll", "textbook"), bound)
    yield Target("c", "with receipts / textbook, batch 1000",
                 _ratio(results, "drain.sql.batch1000", "quoll-receipts", "textbook"), 1.8)
    yield Target("d", "quoll's worker / awa's", _ratio(results, "drain.worker", "quoll", "awa"), 10)
    yield Target("d", "worker / (c) at batch 100",
                 _ratio(results, "drain.worker", "quoll", "quoll", "drain.sql.batch100"), 0.6)


def _latency(results: Results):
    for part, bound in (("p50", 2), ("p99", 10)):
        name = f"latency.1000.{part}"
        trips = _ratio(results, name, "quoll", "notify")
        beside = f" ({trips:.1f} × a bare NOTIFY)" if trips else ""
        yield Target("e", f"{part} at 1,000/s, ms{beside}", results.median(name, "quoll"), bound, at_most=True)


def _flatness(results: Results):
    yield Target("f", "throughput, last / first part", results.median("held.saturated.flat", "quoll"), 0.95)
    yield Target("f", "hot tables per job/s, last / middle part", results.median("held.saturated.hot.growth", "quoll"), 1.25,
                 at_most=True)
    yield Target("g", "claim at the largest / smallest backlog", results.median("backlog.growth", "quoll"), 1.2,
                 at_most=True)


def _wal(results: Results):
    yield Target("h", "WAL of a whole life, bytes", results.median("wal.life", "quoll"), 650, at_most=True)
    yield Target("h", "the same with receipts", results.median("wal.life", "quoll-receipts"), 420, at_most=True)


def _load(results: Results):
    rates = {
        name: results.median(name, "quoll")
        for name in dict.fromkeys(s.name for s in results.samples) if name.startswith("scaling.workers")
    }
    most = max(rates, key=lambda name: int(name.removeprefix("scaling.workers")), default=None)
    yield Target("i", "most claimers / best number", rates[most] / max(rates.values()) if most else None, 0.9)
    yield Target("j", "mixed load / (d)", _ratio(results, "drain.mixed", "quoll", "quoll", "drain.worker"), 0.7)
