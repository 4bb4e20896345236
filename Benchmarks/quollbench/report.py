"""The table for people, the lines for programs, and the JSON."""

import json
import os

from . import targets
from .bench import Bench
from .options import Options
from .results import Row


def number(value: float) -> str:
    """Four figures that count; thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def lines(rows: list[Row]) -> list[str]:
    """`BENCH name=… system=… value=… unit=… ratio=…`; words with a space are quoted."""
    def word(text: str) -> str:
        return f'"{text}"' if " " in text else text

    return [
        f"BENCH name={row.name} system={word(row.system)} value={row.median:.6g} unit={word(row.unit)} "
        f"ratio={'-' if row.ratio is None else f'{row.ratio:.3f}'} base={row.base or '-'} "
        f"min={min(row.values):.6g} max={max(row.values):.6g} runs={len(row.values)}"
        for row in rows
    ]


def cells_of(rows: list[Row]) -> list[list[str]]:
    """A line for each row; the parts of one stretch of time share a line."""
    made: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        name, _, part = row.name.partition(".slice")
        ratio = "" if row.ratio is None or row.base == row.system else f"{row.ratio:.2f} × {row.base}"
        line = made.setdefault((name, row.system), [name, row.system, "", row.unit, f"±{row.spread:.0%}", ratio])
        line[2] += (", " if line[2] else "") + number(row.median)
        if part:
            line[4] = line[5] = ""
    return list(made.values())


def table(head: list[str], body: list[list[str]]) -> str:
    """Markdown, its columns aligned."""
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]

    def cells(line):
        return "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |"

    return "\n".join([cells(head), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(cells, body)])


def figures(rows: list[Row]) -> str:
    """Medians, spread and ratios."""
    return table(["measure", "system", "median", "unit", "spread", "ratio"], cells_of(rows))


def goals(reached: list[targets.Target]) -> str:
    return table(["", "target", "bound", "figure", ""], [target.cells for target in reached])


def said(settings: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in settings.items())


def lengths(options: Options, letter: str) -> str:
    """The lengths and sizes that a measure was run with."""
    return ", ".join(f"{name} {value}".replace("_", "-") for name, value in options.lengths(letter).items())


def caveats(bench: Bench, letter: str = "") -> list[str]:
    """What did not take part, was cut short, or failed; with a letter, only of that measure."""
    return [
        *(f"{system} took no part: {why}" for system, why in bench.systems.missing.items()),
        *(note for note in bench.results.notes if f"({letter})" in note or not letter or not note.startswith("(")),
        *(f"failed: {failure}" for failure in bench.results.failures if f"({letter})" in failure or not letter),
    ]


def summary(bench: Bench, settings: dict[str, str]) -> str:
    """All of it as Markdown."""
    sizes = "; ".join(f"({letter}) {lengths(bench.options, letter)}" for letter in sorted(bench.options.only))
    parts = [said(settings), sizes, figures(bench.results.rows())]
    if reached := targets.all_of(bench.results, bench.options.only):
        parts.append(goals(reached))
    if warnings := caveats(bench):
        parts.append("\n".join(f"- {warning}" for warning in warnings))
    return "\n\n".join(parts) + "\n"


def write(bench: Bench, settings: dict[str, str], path: str) -> None:
    """Everything as JSON, the single samples too."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    results = bench.results
    document = {
        "settings": settings,
        "options": {k: sorted(v) if isinstance(v, set) else v for k, v in vars(bench.options).items()},
        "rows": [vars(row) | {"median": row.median, "spread": row.spread} for row in results.rows()],
        "targets": [vars(target) | {"met": target.met} for target in targets.all_of(results, bench.options.only)],
        "missing": bench.systems.missing,
        "notes": results.notes,
        "failures": results.failures,
    }
    with open(path, "w") as file:
        json.dump(document, file, indent=1)
