"""Puts a run's figures into docs/benchmarks.md: each measure's into its own place, the targets into theirs.

A place is what stands between `<!-- NAME -->` and `<!-- end of NAME -->`. What this run has not measured stays.
"""

import json
import re
import sys

from . import report, targets
from .bench import Bench
from .options import Options
from .results import Results, Row
from .systems import ROOT, Systems

PATH = f"{ROOT}/docs/benchmarks.md"


def write(bench: Bench, settings: dict[str, str], date: str) -> None:
    with open(PATH) as file:
        text = file.read()
    with open(PATH, "w") as file:
        file.write(recorded(text, bench, settings, date))


def load(path: str) -> tuple[Bench, dict[str, str], str]:
    """An earlier run from its JSON: figures, settings, and the date, by which the file is named."""
    with open(path) as file:
        document = json.load(file)
    options = Options.__new__(Options)
    vars(options).update(document["options"] | {"only": set(document["options"]["only"])})
    results = Results(failures=document["failures"], notes=document["notes"])
    for row in document["rows"]:
        for value in row["values"]:
            results.add(row["name"], row["system"], row["unit"], value, row["letter"])
        if row["base"]:
            results.bases[row["name"]] = row["base"]
    date = re.search(r"(\d{4})(\d{2})(\d{2})T\d+Z.json$", path)
    return Bench(options, Systems(missing=document["missing"]), results), document["settings"], "-".join(date.groups())


def recorded(text: str, bench: Bench, settings: dict[str, str], date: str) -> str:
    """The document with this run's figures in it."""
    for letter in sorted({row.letter for row in bench.results.rows()}):
        rows = [row for row in bench.results.rows() if row.letter == letter]
        text = replace(text, f"figures {letter}", "\n\n".join([
            f"{date}, {counted(rows)}, {report.lengths(bench.options, letter)}:", report.figures(rows),
            *(f"- {warning}" for warning in report.caveats(bench, letter))]))
    text = replace(text, "settings", f"The last run ({date}; {' '.join(sorted(bench.options.only))}): {report.said(settings)}.")
    return replace(text, "targets", merged(place(text, "targets"), bench, date))


def counted(rows: list[Row]) -> str:
    """Of how many runs the medians are; of fewer, where a case has failed."""
    runs = sorted({len(row.values) for row in rows})
    return f"median of {' to '.join(map(str, dict.fromkeys((runs[0], runs[-1]))))} runs" if runs[-1] > 1 else "1 run"


def merged(before: str, bench: Bench, date: str) -> str:
    """The table of targets: this run's measures anew, the others' rows as they were.

    A ratio of two measures of which only one was run is said not to be measured: its old figure is not of these runs.
    """
    kept = [[cell.strip() for cell in line.strip("|").split("|")] for line in before.splitlines()[2:]]
    letters = {f"({row.letter})" for row in bench.results.rows()}
    made = [[*target.cells, date] for target in targets.all_of(bench.results, bench.options.only)]
    rows = [row for row in kept if row[0] not in letters] + [row for row in made if row[0] in letters]
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


if __name__ == "__main__":
    for path in sys.argv[1:]:
        write(*load(path))
