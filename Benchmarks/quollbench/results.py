"""Figures: single samples, and what is said of the samples of one case."""

import math
import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    name: str
    """What was measured: `enqueue.single`."""
    system: str
    unit: str
    value: float
    letter: str = ""
    """Of the measure."""


@dataclass
class Row:
    """All samples of one name and system."""

    name: str
    system: str
    unit: str
    values: list[float]
    letter: str = ""
    ratio: float | None = None
    base: str | None = None
    """The system that the ratio is to."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between the smallest and the largest value, as a part of the median."""
        return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0


@dataclass
class Results:
    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)
    """For each name, the system that ratios are to."""
    notes: list[str] = field(default_factory=list)
    letter: str = ""
    """Of the measure that is being run."""

    def add(self, name: str, system: str, unit: str, value: float, letter: str | None = None) -> None:
        if math.isfinite(value):
            self.samples.append(Sample(name, system, unit, value, letter or self.letter))

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def rows(self) -> list[Row]:
        """In the order of first appearance, the rows of one name together."""
        rows: dict[tuple[str, str], Row] = {}
        for name in dict.fromkeys(sample.name for sample in self.samples):
            for s in self.samples:
                if s.name == name:
                    rows.setdefault((name, s.system), Row(name, s.system, s.unit, [], s.letter)).values.append(s.value)
        for row in rows.values():
            base = rows.get((row.name, self.bases.get(row.name, "textbook")))
            if base and base.median:
                row.ratio, row.base = row.median / base.median, base.system
        return list(rows.values())

    def median(self, name: str, system: str) -> float | None:
        values = [s.value for s in self.samples if (s.name, s.system) == (name, system)]
        return statistics.median(values) if values else None


def percentile(values: list[float], part: float) -> float:
    """The nearest rank; NaN for no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(part * len(ordered)) - 1))]
