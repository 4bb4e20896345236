"""Every duration, size and choice, with its defaults for a full, a short and a quick run."""

import argparse
import math
from dataclasses import dataclass

LETTERS = "abcdefghijkl"
PEERS = ["awa", "procrastinate", "pgqueuer"]

PRESETS = ["full", "short", "quick"]

# name: (type, full, short, quick, meaning)
NUMBERS = {
    "rounds": (int, 3, 3, 3, "how often each case is run"),
    "minutes": (float, math.inf, math.inf, 2.2, "after which no measure is begun again"),
    "clients": (int, 8, 8, 8, "concurrent SQL sessions"),
    "seconds": (float, 10, 3, 1.2, "length of one throughput run"),
    "bulk-jobs": (int, 500_000, 200_000, 50_000, "jobs of one bulk enqueue"),
    "peer-bulk-jobs": (int, 50_000, 20_000, 5_000, "the same for a client in Python"),
    "drain-jobs": (int, 1_000_000, 400_000, 100_000, "ready jobs before a drain through SQL"),
    "worker-jobs": (int, 500_000, 80_000, 20_000, "jobs of one drain by our worker"),
    "peer-worker-jobs": (int, 50_000, 20_000, 4_000, "the same for a peer's worker"),
    "peer-worker-seconds": (float, 30, 5, 1.5, "after which a peer's worker is stopped, done or not"),
    "worker-processes": (int, 2, 2, 2, "worker processes, of every system"),
    "worker-concurrency": (int, 200, 200, 200, "handlers at once in one worker process"),
    "latency-seconds": (float, 30, 4, 1.5, "length of one latency run"),
    "held-seconds": (float, 300, 25, 10, "how long the snapshot is held"),
    "held-slices": (int, 5, 5, 5, "parts of that time that are compared"),
    "held-rate": (float, 100, 100, 100, "jobs per second of the steady load under a held snapshot"),
    "backlog-seconds": (float, 10, 3, 1, "length of one run of claims with a backlog"),
    "wal-jobs": (int, 20_000, 8_000, 4_000, "jobs of one WAL measurement"),
    "peer-wal-jobs": (int, 20_000, 4_000, 300, "the same for a peer"),
    "mixed-seconds": (float, 20, 6, 3, "length of one run of the mixed load"),
    "mixed-jobs": (int, 500_000, 100_000, 40_000, "ready jobs of the mixed load"),
    "patience": (float, 120, 60, 20, "seconds without progress after which a worker is given up"),
}

LISTS = {
    "drain-batches": ([1, 10, 100, 1000], [1, 10, 100, 1000], [1, 100], "batch sizes of the drain through SQL"),
    "rates": ([100, 1000], [100, 1000], [1000], "jobs per second of the latency runs"),
    "backlogs": ([10_000, 1_000_000, 10_000_000], [10_000, 1_000_000], [10_000, 100_000],
                 "ready jobs behind a claim"),
    "workers": ([1, 2, 4, 8, 16, 32, 64], [1, 4, 16, 64], [1, 8, 64], "concurrent claimers of the scaling runs"),
}

# Which of them each measure goes by.
LENGTHS = {
    "a": "clients seconds",
    "b": "bulk_jobs peer_bulk_jobs",
    "c": "clients seconds drain_jobs",
    "d": "worker_processes worker_concurrency worker_jobs peer_worker_jobs peer_worker_seconds",
    "e": "latency_seconds",
    "f": "held_seconds held_rate clients",
    "g": "backlog_seconds",
    "h": "clients wal_jobs peer_wal_jobs",
    "i": "seconds drain_jobs",
    "j": "worker_processes worker_concurrency mixed_seconds mixed_jobs",
    "k": "worker_processes worker_concurrency worker_jobs peer_worker_jobs peer_worker_seconds",
    "l": "clients seconds bulk_jobs",
}
ESSENTIALS = {"full": LETTERS, "short": LETTERS, "quick": "acdeh"}
# Fewer rounds of the measures that are long, or whose figures hardly vary, unless --rounds is given.
ROUNDS = {"full": {}, "short": {"f": 1, "g": 1, "h": 1}, "quick": {"e": 2, "h": 1}}


@dataclass
class Options:
    """Those that are no number; each of NUMBERS and LISTS is an attribute too: `drain_jobs`, and so on."""

    preset: str
    only: set[str]
    peers: list[str]
    results: str
    record: bool
    fewer_rounds: dict[str, int]

    def lengths(self, letter: str) -> dict[str, object]:
        """The numbers and lists that a measure goes by."""
        def word(value) -> str:
            return " ".join(map(word, value)) if isinstance(value, list) else f"{value:g}" if value < 1e4 else f"{value:,}"

        return {name: word(getattr(self, name)) for name in LENGTHS[letter].split()}

    def rounds_of(self, letter: str) -> int:
        return self.fewer_rounds.get(letter, self.rounds)


def parse(arguments: list[str] | None = None) -> Options:
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    preset = given["preset"]
    letters = set(given["only"].replace(",", " ").split()) or set(ESSENTIALS[preset])
    if unknown := letters - set(LETTERS):
        parser.error(f"no such measure: {' '.join(sorted(unknown))}")
    if unknown := set(given["peers"]) - set(PEERS):
        parser.error(f"no such peer: {' '.join(sorted(unknown))}")
    options = Options(preset, letters, given["peers"], given["results"], given["record"],
                      ROUNDS[preset] if given["rounds"] is None else {})
    for name, (*defaults, _meaning) in {**NUMBERS, **LISTS}.items():
        key = name.replace("-", "_")
        default = defaults[-len(PRESETS):][PRESETS.index(preset)]
        setattr(options, key, default if given[key] is None else given[key])
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__, epilog="Defaults are given as: full / short / quick.")
    parser.add_argument("--preset", choices=PRESETS, default="full", help="hours, about 15 minutes, under 3 minutes")
    parser.add_argument("--only", default="", help='measures by letter, as in "a c" (all / all / a c d e h)')
    parser.add_argument("--peers", nargs="*", default=PEERS, help=f"peers that take part (default: {' '.join(PEERS)})")
    parser.add_argument("--results", default="Benchmarks/results", help="where JSON and plots go")
    parser.add_argument("--record", action="store_true", help="put the figures, dated, into docs/benchmarks.md")
    for name, (kind, *defaults, meaning) in NUMBERS.items():
        parser.add_argument(f"--{name}", type=kind, help=f"{meaning} ({' / '.join(f'{d:g}' for d in defaults)})")
    for name, (*defaults, meaning) in LISTS.items():
        parser.add_argument(f"--{name}", type=int, nargs="+", help=f"{meaning} ({' / '.join(map(str, defaults))})")
    return parser
