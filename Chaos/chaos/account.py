"""What the ledger says, gathered by batch, job and attempt."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import ledger


@dataclass
class Batch:
    first: int
    count: int
    outcome: str = "unknown"
    answered: float = 0.0
    jobs: list[int] = field(default_factory=list)

    @property
    def references(self) -> range:
        return range(self.first, self.first + self.count)


@dataclass
class Fault:
    name: str
    began: float
    ended: float | None = None
    has_struck: bool = False


@dataclass
class Account:
    """What all processes wrote. Settles are by (job, token), starts by job."""
    batches: dict[tuple[str, str], Batch] = field(default_factory=dict)
    claimed: dict[int, float] = field(default_factory=dict)  # token -> when the answer came
    leases: dict[int, float] = field(default_factory=dict)  # token -> until when
    heartbeats: dict[tuple[int, int], float] = field(default_factory=dict)
    starts: dict[int, list[tuple[float, int, int]]] = field(default_factory=lambda: defaultdict(list))
    verdicts: dict[tuple[int, int], list[tuple[str, str, float]]] = field(default_factory=lambda: defaultdict(list))
    unanswered: set[tuple[int, int]] = field(default_factory=set)
    forgotten: set[tuple[int, float]] = field(default_factory=set)  # starts whose claims a server may have lost
    answers: list[float] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)


def read(folder: str) -> Account:
    """Gathers a folder of ledgers. A line that is not understood is kept as malformed: the checker refuses it."""
    account = Account()
    open_settles: dict[tuple[str, str, str], list[int]] = {}
    for source, letter, wall, fields in ledger.lines(folder):
        try:
            _READERS[letter](account, open_settles, source, wall, fields)
        except (KeyError, ValueError, IndexError):
            account.malformed.append(f"{source}: {letter} {' '.join(fields)[:100]}")
    for (_source, _verb, token), jobs in open_settles.items():
        account.unanswered.update((job, int(token)) for job in jobs)
    account.answers.sort()
    return account


def _intent(account, _open, source, _wall, fields):
    account.batches[source, fields[0]] = Batch(int(fields[1]), int(fields[2]))


def _committed(account, _open, source, wall, fields):
    batch = account.batches[source, fields[0]]
    batch.outcome, batch.answered = "committed", wall
    batch.jobs = [int(job) for job in fields[1].split(",")]


def _aborted(account, _open, source, _wall, fields):
    account.batches[source, fields[0]].outcome = "aborted"


def _unknown(account, _open, source, _wall, fields):
    account.batches[source, fields[0]].outcome = "unknown"


def _claim(account, _open, _source, wall, fields):
    account.claimed[int(fields[0])] = wall
    account.leases[int(fields[0])] = float(fields[1])


def _heartbeat(account, _open, _source, _wall, fields):
    until, token = float(fields[0]), int(fields[1])
    for item in fields[2].split(","):
        job, verdict = item.split(":")
        if verdict == "ok":
            account.heartbeats[int(job), token] = max(until, account.heartbeats.get((int(job), token), 0))


def _start(account, _open, _source, wall, fields):
    account.starts[int(fields[0])].append((wall, int(fields[1]), int(fields[2])))


def _settling(_account, open_settles, source, _wall, fields):
    open_settles[source, fields[0], fields[1]] = [int(job) for job in fields[2].split(",")]


def _verdict(account, open_settles, source, wall, fields):
    verb, token = fields[0], int(fields[1])
    del open_settles[source, fields[0], fields[1]]
    account.answers.append(wall)
    for item in fields[2].split(","):
        job, verdict = item.split(":")
        account.verdicts[int(job), token].append((verb, verdict, wall))


def _unanswered(account, open_settles, source, _wall, fields):
    jobs = open_settles.pop((source, fields[0], fields[1]))
    account.unanswered.update((job, int(fields[1])) for job in jobs)


def _rolled_back(_account, open_settles, source, _wall, fields):
    del open_settles[source, fields[0], fields[1]]


def _fault(account, _open, _source, wall, fields):
    account.faults.append(Fault(fields[0], wall))


def _fault_over(account, _open, _source, wall, fields):
    fault = next(f for f in reversed(account.faults) if f.name == fields[0] and f.ended is None)
    fault.ended, fault.has_struck = wall, fields[1] == "struck"


_READERS = {
    "I": _intent, "C": _committed, "A": _aborted, "U": _unknown, "K": _claim, "H": _heartbeat, "S": _start, "T": _settling,
    "V": _verdict, "E": _unanswered, "R": _rolled_back, "F": _fault, "G": _fault_over,
}
