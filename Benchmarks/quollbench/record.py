"""Puts a run's dated summary into docs/benchmarks.md, in place of the one before."""

from .systems import ROOT

FIRST, LAST = "<!-- results -->\n", "<!-- end of results -->\n"


def write(summary: str, date: str) -> None:
    path = f"{ROOT}/docs/benchmarks.md"
    with open(path) as file:
        before, _, rest = file.read().partition(FIRST)
    _, _, after = rest.partition(LAST)
    with open(path, "w") as file:
        file.write(f"{before}{FIRST}\n### {date}\n\n{summary}\n{LAST}{after}")
