"""What a run is told: how many jobs, how fast, how long."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """jobs are enqueued at rate per second; faults strike until limit seconds; drain seconds are given to the rest."""
    is_quick: bool
    jobs: int
    rate: float
    limit: float
    drain: float
    qworker: str
    lease: float = 3.0

    @property
    def batch(self) -> int:
        """The most jobs of one enqueue, and of one claim by a worker in Python."""
        return 400 if self.is_quick else 1000

    def strikes(self, full: int, quick: int) -> int:
        return quick if self.is_quick else full

    def pace(self, seconds: float) -> float:
        """Seconds between two strikes of a fault that takes the server away."""
        return seconds / 2 if self.is_quick else seconds
