"""PNG plots: bars for single figures, lines for what changes with time, backlog or workers."""

import os
import re

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from .results import Row  # noqa: E402

COLOURS = {
    "quoll": "#1f77b4", "quoll-notify": "#6baed6", "quoll-receipts": "#08519c", "textbook": "#7f7f7f",
    "awa": "#d62728", "procrastinate": "#2ca02c", "pgqueuer": "#9467bd", "bare": "#bcbd22", "copy": "#bcbd22",
}
SERIES = re.compile(r"^(.*?)\.?(slice|workers|batch)(\d+)$|^(backlog)\.(\d+)\.(p50|p99)$")


def draw(rows: list[Row], folder: str) -> list[str]:
    """Writes the plots; their paths."""
    os.makedirs(folder, exist_ok=True)
    bars: dict[str, list[Row]] = {}
    curves: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for row in rows:
        if match := SERIES.match(row.name):
            name, along, at = (
                (match[1], match[2], match[3]) if match[1] else (f"backlog.{match[6]}", "ready jobs", match[5]))
            curves.setdefault((name, along), []).append((int(at), row))
        else:
            bars.setdefault(row.name, []).append(row)
    return [_bars(name, group, folder) for name, group in bars.items()] + [
        _curve(name, along, group, folder) for (name, along), group in curves.items()
    ]


def _bars(name: str, rows: list[Row], folder: str) -> str:
    figure, axes = pyplot.subplots(figsize=(7, 0.6 + 0.45 * len(rows)))
    medians = [row.median for row in rows]
    below = [row.median - min(row.values) for row in rows]
    above = [max(row.values) - row.median for row in rows]
    axes.barh([row.system for row in rows], medians, xerr=[below, above], capsize=3,
              color=[COLOURS.get(row.system, "#444444") for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(rows[0].unit)
    return _save(figure, axes, name, folder)


def _curve(name: str, along: str, points: list[tuple[int, Row]], folder: str) -> str:
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for system in dict.fromkeys(row.system for _, row in points):
        own = sorted(((at, row) for at, row in points if row.system == system), key=lambda point: point[0])
        axes.plot([at for at, _ in own], [row.median for _, row in own], marker="o", label=system,
                  color=COLOURS.get(system, "#444444"))
        axes.fill_between([at for at, _ in own], [min(row.values) for _, row in own],
                          [max(row.values) for _, row in own], alpha=0.15, color=COLOURS.get(system, "#444444"))
    if along != "slice":
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(along)
    axes.set_ylabel(points[0][1].unit)
    axes.legend()
    return _save(figure, axes, name, folder)


def _save(figure, axes, name: str, folder: str) -> str:
    axes.set_title(name)
    figure.tight_layout()
    path = f"{folder}/{name}.png"
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
