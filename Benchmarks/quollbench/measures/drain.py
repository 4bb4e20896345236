"""(c) Claim and settle through SQL, in batches."""

from .. import pgbench
from ..bench import Bench, Case
from ..fill import done, fill

LETTER = "c"
TITLE = "drain through SQL"
MOST_BATCHES = 8000
"""That anybody drains in a second: for small batches fewer jobs are made ready."""


def cases(bench: Bench) -> list[Case]:
    return [
        Case(system, f"{TITLE}, batch {batch}",
             lambda database, system=system, batch=batch: drain(bench, system, database, batch))
        for batch in bench.options.drain_batches
        for system in ("quoll", "quoll-receipts", "textbook")
    ]


def drain(bench: Bench, system: str, database: str, batch: int) -> None:
    rate = drain_rate(database, family(system), batch, bench.options.clients, bench.options.drain_jobs,
                      bench.options.seconds)
    bench.add(f"drain.sql.batch{batch}", system, "jobs/s", rate)


def family(system: str) -> str:
    """The folder of its SQL: quoll for each of our variants."""
    return system.split("-")[0]


def drain_rate(database: str, family: str, batch: int, clients: int, jobs: int, seconds: float) -> float:
    """Jobs settled per second. Runs until `seconds` have passed or seven tenths of the jobs are drained."""
    jobs = min(jobs, int(MOST_BATCHES * batch * seconds))
    fill(database, family, jobs)
    trial = pgbench.run(load(database, family, batch, clients, max(1, min(50, jobs // (batch * clients * 20)))))
    affordable = int(jobs * 0.7 / (batch * clients))
    wanted = int(trial.per_second / clients * seconds)
    transactions = max(2, min(affordable, wanted))
    before = done(database, family)
    answer = pgbench.run(load(database, family, batch, clients, transactions))
    return (done(database, family) - before) / (transactions * clients) * answer.per_second


def load(database: str, family: str, batch: int, clients: int, transactions: int) -> pgbench.Load:
    return pgbench.Load(
        database, f"{family}/life", clients=clients, transactions=transactions, variables={"batch": batch})
