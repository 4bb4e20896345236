"""Every duration, size and choice, with its default for a full and for a quick run."""

import argparse
from dataclasses import dataclass

LETTERS = "abcdefghijkl"
PEERS = ["awa", "procrastinate", "pgqueuer"]

# name: (type, full, quick, meaning)
NUMBERS = {
    "rounds": (int, 3, 3, "how often each case is run"),
    "clients": (int, 8, 8, "concurrent SQL sessions"),
    "seconds": (float, 10, 1.2, "length of one throughput run"),
    "bulk-jobs": (int, 500_000, 50_000, "jobs of one bulk enqueue"),
    "peer-bulk-jobs": (int, 50_000, 10_000, "the same for a peer's client"),
    "drain-jobs": (int, 1_000_000, 100_000, "ready jobs before a drain through SQL"),
    "worker-jobs": (int, 200_000, 20_000, "jobs of one drain by our worker"),
    "peer-worker-jobs": (int, 50_000, 10_000, "the same for a peer's worker"),
    "peer-worker-seconds": (float, 30, 3, "after which a peer's worker is stopped, done or not"),
    "worker-processes": (int, 2, 2, "worker processes, of every system"),
    "worker-concurrency": (int, 200, 200, "handlers at once in one worker process"),
    "latency-seconds": (float, 30, 2.5, "length of one latency run"),
    "held-seconds": (float, 300, 10, "how long the snapshot is held"),
    "held-slices": (int, 5, 5, "parts of that time that are compared"),
    "held-rate": (float, 200, 200, "jobs per second of the steady load under a held snapshot"),
    "backlog-seconds": (float, 10, 1, "length of one run of claims with a backlog"),
    "wal-jobs": (int, 20_000, 4_000, "jobs of one WAL measurement"),
    "peer-wal-jobs": (int, 2_000, 500, "the same for a peer"),
    "mixed-seconds": (float, 20, 3, "length of one run of the mixed load"),
    "mixed-jobs": (int, 500_000, 40_000, "ready jobs of the mixed load"),
    "patience": (float, 120, 20, "seconds without progress after which a worker is given up"),
}

LISTS = {
    "drain-batches": ([1, 10, 100, 1000], [1, 100], "batch sizes of the drain through SQL"),
    "rates": ([100, 1000], [1000], "jobs per second of the latency runs"),
    "backlogs": ([10_000, 1_000_000, 10_000_000], [10_000, 200_000], "ready jobs behind a claim"),
    "workers": ([1, 2, 4, 8, 16, 32, 64], [1, 8, 64], "concurrent claimers of the scaling runs"),
}

ESSENTIALS = "a b c d e h"


@dataclass
class Options:
    """Those that are no number; each of NUMBERS and LISTS is an attribute too: `drain_jobs`, and so on."""

    quick: bool
    only: set[str]
    peers: list[str]
    results: str
    record: bool


def parse(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__, epilog="Defaults are given as: full run / quick run.")
    parser.add_argument("--quick", action="store_true", help="the essentials, in under three minutes")
    parser.add_argument("--only", default="", help='measures by letter, as in "a c" (default: all / a b c d e h)')
    parser.add_argument("--peers", nargs="*", default=PEERS, help="peers to run (default: all)")
    parser.add_argument("--results", default="Benchmarks/results", help="where JSON and plots go")
    parser.add_argument("--record", action="store_true", help="put the dated table into docs/benchmarks.md")
    for name, (kind, full, quick, meaning) in NUMBERS.items():
        parser.add_argument(f"--{name}", type=kind, help=f"{meaning} ({full:g} / {quick:g})")
    for name, (full, quick, meaning) in LISTS.items():
        parser.add_argument(f"--{name}", type=int, nargs="+", help=f"{meaning} ({full} / {quick})")
    given = vars(parser.parse_args(arguments))
    letters = set((given["only"] or (ESSENTIALS if given["quick"] else " ".join(LETTERS))).replace(",", " ").split())
    if unknown := letters - set(LETTERS):
        parser.error(f"no such measure: {' '.join(sorted(unknown))}")
    options = Options(given["quick"], letters, given["peers"], given["results"], given["record"])
    for name, (*_, full, quick, _meaning) in {**NUMBERS, **LISTS}.items():
        key = name.replace("-", "_")
        chosen = given[key] if given[key] is not None else (quick if options.quick else full)
        setattr(options, key, chosen)
    return options
