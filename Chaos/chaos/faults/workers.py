"""Faults of the workers' own machines."""

from ..fleet import Fleet
from .fault import Paced


class Kill(Paced):
    """SIGKILL of a worker, Swift or Python, wherever it is; another takes its place."""
    name = "worker-killed"

    def __init__(self, fleet: Fleet, every: float, wanted: int):
        super().__init__(every, wanted)
        self.fleet = fleet

    def strike(self) -> str:
        return self.fleet.replace()


class Freeze(Paced):
    """SIGSTOP of a worker until its leases are over and others have its jobs, then SIGCONT."""
    name = "worker-frozen"

    def __init__(self, fleet: Fleet, every: float, wanted: int):
        super().__init__(every, wanted)
        self.fleet = fleet

    def strike(self) -> str:
        return self.fleet.freeze(self.fleet.lease + 1.5)
