"""How a fault is struck again and again beside the others, until enough is enough."""

import random
import threading

import psycopg

from ..ledger import Ledger, word


class Missed(Exception):
    """The fault found nothing to strike this time: it is not counted."""


class Fault:
    """name: as in the report. every: seconds between strikes. wanted: strikes that a run must have seen."""
    name = ""
    every = 1.0
    wanted = 1
    is_outage = False  # it strikes no more once it has struck often enough: others need some calm
    is_throughout = False  # one strike that lasts until the faults are told to stop

    def __init__(self):
        self.stopping = threading.Event()

    def pause(self, seconds: float) -> None:
        """While the fault lasts: seconds, or until all faults are told to stop."""
        self.stopping.wait(seconds)

    def strike(self) -> str:
        """Strikes once and returns what was hit, when it is over. Raises Missed."""
        raise NotImplementedError


class Paced(Fault):
    """A fault that is told how often to strike."""

    def __init__(self, every: float, wanted: int):
        super().__init__()
        self.every, self.wanted = every, wanted


class Striker(threading.Thread):
    """Strikes one fault until it is stopped."""

    def __init__(self, fault: Fault, ledger: Ledger):
        super().__init__(name=fault.name, daemon=True)
        self.fault, self.ledger = fault, ledger
        self.count = 0
        self.stopping = fault.stopping
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.wait(self.fault.every * random.uniform(0.7, 1.3)):
                if not (self.fault.is_outage and self.is_enough):
                    self._strike()
        except BaseException as error:  # shown by the report, which then fails
            self.failure = error
            raise

    def _strike(self) -> None:
        self.ledger.write("F", self.fault.name)
        try:
            hit = self.fault.strike()
        except (Missed, psycopg.Error) as error:
            self.ledger.write("G", self.fault.name, "missed", word(error))
        else:
            self.count += 1
            self.ledger.write("G", self.fault.name, "struck", word(hit))

    @property
    def is_enough(self) -> bool:
        return self.fault.is_throughout or self.count >= self.fault.wanted
