"""python3 -m chaos SCENE [--quick] [--jobs N] [--limit SECONDS]: inside scripts/cluster run, with the schema installed."""

import argparse
import shutil
import sys
import tempfile

from . import clock, disk, failover, held, rotation, siege
from .options import Options

# For each scene: jobs and seconds of faults, of a full and of a quick run.
SCENES = {
    "siege": (siege.run, (1_010_000, 450), (40_000, 90)),
    "clock": (clock.run, (60_000, 90), (6_000, 30)),
    "rotation": (rotation.run, (100_000, 150), (10_000, 60)),
    "held": (held.run, (200_000, 670), (6_000, 25)),
    "disk": (disk.run, (60_000, 90), (6_000, 25)),
    "synchronous": (failover.synchronous, (60_000, 60), (6_000, 20)),
    "asynchronous": (failover.asynchronous, (60_000, 60), (6_000, 20)),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description="Moves jobs while faults strike, and checks the books.")
    parser.add_argument("scene", choices=SCENES)
    parser.add_argument("--quick", action="store_true", help="fewer jobs, each fault at least once")
    parser.add_argument("--jobs", type=int, help="how many jobs are enqueued")
    parser.add_argument("--limit", type=float, help="seconds of faults; thrice as many at most")
    parser.add_argument("--qworker", required=True, help="path of the qworker binary")
    arguments = parser.parse_args()
    run, full, quick = SCENES[arguments.scene]
    jobs, limit = quick if arguments.quick else full
    jobs, limit = arguments.jobs or jobs, arguments.limit or limit
    options = Options(is_quick=arguments.quick, jobs=jobs, rate=jobs / (limit * (0.4 if arguments.quick else 0.6)), limit=limit,
                      drain=60 if arguments.quick else 600, qworker=arguments.qworker)
    print(f"\n=== {arguments.scene}: {jobs:,} jobs")
    folder = tempfile.mkdtemp(prefix="chaos.", dir="/tmp")
    found = run(options, folder)
    if found.refusals:
        print(f"\nthe ledgers are in {folder}")
        return 1
    shutil.rmtree(folder)
    print(f"\n{arguments.scene}: every promise was kept")
    return 0


sys.exit(main())
