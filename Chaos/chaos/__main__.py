"""python3 -m chaos [--quick] [--jobs N] [--limit SECONDS]: inside scripts/cluster run, with the schema installed."""

import argparse
import sys

from . import siege
from .options import Options


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description="Moves jobs while faults strike, and checks the books.")
    parser.add_argument("--quick", action="store_true", help="a minute or two, each fault at least once")
    parser.add_argument("--jobs", type=int, help="how many jobs are enqueued (default 1,000,000; quick: 60,000)")
    parser.add_argument("--limit", type=float, help="seconds of faults at most (default 720; quick: 90)")
    parser.add_argument("--qworker", required=True, help="path of the qworker binary")
    arguments = parser.parse_args()
    quick = arguments.quick
    limit = arguments.limit or (90 if quick else 720)
    jobs = arguments.jobs or (60_000 if quick else 1_000_000)
    options = Options(is_quick=quick, jobs=jobs, rate=jobs / (limit * 0.6), limit=limit, drain=60 if quick else 180,
                      qworker=arguments.qworker)
    return 0 if siege.run(options) else 1


sys.exit(main())
