"""Faults of the workers' own machines."""

from ..fleet import Fleet
from .fault import Fault


class Kill(Fault):
    """SIGKILL of a worker, Swift or Python, wherever it is; another takes its place."""
    name = "worker-killed"

    def __init__(self, fleet: Fleet, every: float, wanted: int):
        self.fleet, self.every, self.wanted = fleet, every, wanted

    def strike(self) -> str:
        return self.fleet.replace()


class Freeze(Fault):
    """SIGSTOP of a worker until its leases are over and others have its jobs, then SIGCONT."""
    name = "worker-frozen"

    def __init__(self, fleet: Fleet, every: float, wanted: int):
        self.fleet, self.every, self.wanted = fleet, every, wanted

    def strike(self) -> str:
        return self.fleet.freeze(self.fleet.lease + 1.5)
