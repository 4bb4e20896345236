"""Faults of the producers' own machines."""

from ..fleet import Fleet
from .fault import Missed, Paced


class KillProducer(Paced):
    """SIGKILL of a producer, wherever it is: what it had announced without an answer may be there, whole, or not. Another
    enqueues what was left."""
    name = "producer-killed"
    is_outage = True

    def __init__(self, fleet: Fleet, every: float, wanted: int):
        super().__init__(every, wanted)
        self.fleet = fleet

    def strike(self) -> str:
        victim = self.fleet.replace_producer()
        if victim is None:
            raise Missed("all producers are done")
        return victim
