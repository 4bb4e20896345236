"""Puts a run's figures into docs/benchmarks.md: each measure's into its own place, the targets into theirs.

A place is what stands between `<!-- NAME -->` and `<!-- end of NAME -->`. What this run has not measured stays.
"""

import re

from . import report, targets
from .bench import Bench
from .systems import ROOT

PATH = f"{ROOT}/docs/benchmarks.md"


def write(bench: Bench, settings: dict[str, str], date: str) -> None:
    with open(PATH) as file:
        text = file.read()
    with open(PATH, "w") as file:
        file.write(recorded(text, bench, settings, date))


def recorded(text: str, bench: Bench, settings: dict[str, str], date: str) -> str:
    """The document with this run's figures in it."""
    for letter in sorted({row.letter for row in bench.results.rows()}):
        rows = [row for row in bench.results.rows() if row.letter == letter]
        runs = max(len(row.values) for row in rows)
        text = replace(text, f"figures {letter}", f"{date}, {'median of ' * (runs > 1)}{runs} run{'s' * (runs > 1)}:"
                       f"\n\n{report.figures(rows)}")
    text = replace(text, "settings", "\n".join([
        f"The last run ({date}): {report.said(settings)}.", *(f"- {warning}" for warning in report.caveats(bench))]))
    return replace(text, "targets", merged(place(text, "targets"), bench, date))


def merged(before: str, bench: Bench, date: str) -> str:
    """The table of targets: this run's measures anew, the others' rows as they were."""
    kept = [[cell.strip() for cell in line.strip("|").split("|")] for line in before.splitlines()[2:]]
    made = [[*target.cells, date] for target in targets.all_of(bench.results, bench.options.only) if target.reached is not None]
    letters = {row[0] for row in made}
    rows = [row for row in kept if row[0] not in letters] + made
    return report.table(["", "target", "bound", "figure", "", "date"], sorted(rows, key=lambda row: row[0]))


def place(text: str, name: str) -> str:
    return _find(text, name)[2].strip()


def replace(text: str, name: str, content: str) -> str:
    found = _find(text, name)
    return f"{text[:found.start(2)]}\n{content}\n\n{text[found.end(2):]}"


def _find(text: str, name: str) -> re.Match:
    found = re.search(rf"(<!-- {name} -->\n)(.*?)(<!-- end of {name} -->)", text, re.DOTALL)
    if not found:
        raise ValueError(f"{PATH} has no place for {name}")
    return found
