"""Ready jobs for a run to begin with, and how many of them are done when it ends."""

from . import pgbench, server

READY = {
    "quoll": "select ready from queue.stats('bench')",
    "textbook": "select count(*) from jobs where state = 'ready'",
}
"""How many jobs are ready; ours is exact up to 1,200."""
DONE = {"quoll": "select count(*) from queue.attempt", "textbook": "select -count(*) from jobs"}
"""What rises by one with each job that is settled, while none comes in."""


def statement(system: str, jobs: int) -> str:
    """The text of sql/SYSTEM/fill.sql for so many jobs."""
    with open(f"{pgbench.SQL}/{system}/fill.sql") as file:
        return file.read().replace(":jobs", str(int(jobs)))


def fill(database: str, system: str, jobs: int) -> None:
    """So many ready jobs; the textbook's table gets its statistics, which ours do without."""
    with server.connect(database) as session:
        session.execute(statement(system, jobs))
        if system == "textbook":
            session.execute("vacuum analyze jobs")
        session.execute("checkpoint")


def done(database: str, system: str) -> int:
    """For the difference of two: a batch may be smaller than was asked for, so settled jobs are counted."""
    return server.ask(database, DONE[system])
