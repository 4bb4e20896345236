"""What a measure gets: the options, the systems, and the place for its figures."""

from dataclasses import dataclass
from typing import Callable

from .options import Options
from .results import Results
from .systems import Systems


@dataclass
class Bench:
    options: Options
    systems: Systems
    results: Results

    def add(self, name: str, system: str, unit: str, value: float, letter: str | None = None) -> None:
        """Of the measure that is being run, unless a letter is given."""
        self.results.add(name, system, unit, value, letter)

    def compare(self, name: str, base: str) -> None:
        """Ratios of this name are to this system."""
        self.results.bases[name] = base


@dataclass
class Case:
    """One thing to run, as often as there are rounds, in turn with the other cases of its measure."""

    system: str
    """The template that it runs on."""
    title: str
    run: Callable[[str], None]
    """Gets the name of a fresh database of the system."""
