"""What a run prints: faults, figures, refusals."""

import bisect
import statistics

from .account import Account
from .checker import Findings
from .evidence import Evidence


def table(title: str, rows: list[tuple]) -> None:
    if not rows:
        return
    print(f"\n{title}")
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells))


def recovery(account: Account, name: str) -> list[float]:
    """For each strike, the longest time without any settle answered that begins in it or spans it."""
    silences = []
    for fault in account.faults:
        if fault.name == name and fault.has_struck:
            first = max(bisect.bisect_left(account.answers, fault.began) - 1, 0)
            last = bisect.bisect_right(account.answers, fault.ended) + 1
            answers = account.answers[first:last]
            silences.append(max((b - a for a, b in zip(answers, answers[1:])), default=0.0))
    return silences


def faults(account: Account, struck: dict[str, tuple[int, int]]) -> None:
    rows = [("fault", "struck", "wanted", "silence, median", "longest")]
    for name, (count, wanted) in struck.items():
        silences = recovery(account, name)
        rows.append((name, count, wanted, f"{statistics.median(silences):.2f} s" if silences else "",
                     f"{max(silences):.2f} s" if silences else ""))
    table("Faults, and the longest time without any settle while each struck", rows)


def story(job: int, account: Account, evidence: Evidence) -> None:
    """What is known of one job, from both sides."""
    print(f"\njob {job}, reference {evidence.references.get(job)}")
    for wall, number, token in account.starts.get(job, ()):
        print(f"    {wall:.3f} handler of attempt {number} started, token {token}")
    for a in evidence.attempts.get(job, ()):
        print(f"    {a.claimed:.3f} attempt {a.number} claimed by {a.worker}, token {a.token}: {a.outcome} at "
              f"{a.finished:.3f}, lease until {a.lease_end:.3f}, verdicts {account.verdicts.get((job, a.token))}"
              f"{', an answer was lost' if (job, a.token) in account.unanswered else ''}")


def findings(found: Findings) -> None:
    table("Figures", [(name, f"{count:,}") for name, count in sorted(found.figures.items())])
    for rule, count in found.refusals.items():
        print(f"\nREFUSED {count:,} times: {rule}")
        for example in found.examples[rule]:
            print(f"    {example}")
