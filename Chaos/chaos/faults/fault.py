"""How a fault is struck again and again beside the others, until enough is enough."""

import random
import threading
import time

import psycopg

from ..ledger import Ledger, word


class Missed(Exception):
    """The fault found nothing to strike this time: it is not counted."""


class Fault:
    """name: as in the report. every: seconds between strikes. wanted: strikes that a run must have seen."""
    name = ""
    every = 1.0
    wanted = 1

    def strike(self) -> str:
        """Strikes once and returns what was hit, when it is over. Raises Missed."""
        raise NotImplementedError


class Striker(threading.Thread):
    """Strikes one fault until it is stopped."""

    def __init__(self, fault: Fault, ledger: Ledger):
        super().__init__(name=fault.name, daemon=True)
        self.fault, self.ledger = fault, ledger
        self.count = 0
        self.stopping = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.wait(self.fault.every * random.uniform(0.7, 1.3)):
                self._strike()
        except BaseException as error:  # shown by the report, which then fails
            self.failure = error
            raise

    def _strike(self) -> None:
        self.ledger.write("F", self.fault.name)
        try:
            hit = self.fault.strike()
        except (Missed, psycopg.Error) as error:
            hit = None
            self.ledger.write("G", self.fault.name, "missed", word(error))
            time.sleep(0.05)
        if hit is not None:
            self.count += 1
            self.ledger.write("G", self.fault.name, word(hit))
