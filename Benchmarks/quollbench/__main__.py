"""Runs the chosen measures in the cluster that PGHOST names, and reports. Started by Benchmarks/run."""

import datetime
import sys
import time

from . import options, plots, process, record, report, runner, server, systems
from .bench import Bench
from .results import Results


def main() -> int:
    chosen = options.parse()
    process.exit_at_signals()
    start = time.monotonic()
    installed = systems.install(chosen)
    settings = server.description() | systems.versions(installed)
    print("; ".join(f"{name} {value}" for name, value in settings.items()), flush=True)
    for system, why in installed.missing.items():
        print(f"{system} takes no part: {why}", flush=True)
    bench = Bench(chosen, installed, Results())
    interrupted = False
    try:
        runner.run(bench, start)
    except SystemExit:  # a signal: what was measured until then is reported
        interrupted = True
        bench.results.note("the run was interrupted")
    settings["seconds"] = f"{time.monotonic() - start:.0f}"
    settings["load average after"] = server.load_average()
    finish(bench, settings, chosen.record and not interrupted)
    ours = [failure for failure in bench.results.failures if "quoll" in failure.split(":")[0]]
    return 1 if ours or interrupted else 0


def finish(bench: Bench, settings: dict[str, str], recorded: bool) -> None:
    """Reports; recorded: in docs/benchmarks.md too, where half a run would take the place of a whole one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    base = f"{bench.options.results}/{now:%Y%m%dT%H%M%SZ}"
    rows = bench.results.rows()
    report.write(bench, settings, f"{base}.json")
    text = report.summary(bench, settings)
    with open(f"{base}.md", "w") as file:
        file.write(text)
    drawn = plots.draw(rows, f"{base}-plots")
    print("\n" + text)
    print("\n".join(report.lines(rows)))
    print(f"{base}.json, {base}.md, {len(drawn)} plots in {base}-plots")
    if recorded:
        record.write(bench, settings, f"{now:%Y-%m-%d}")


if __name__ == "__main__":
    sys.exit(main())
