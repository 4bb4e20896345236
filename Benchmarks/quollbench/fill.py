"""Ready jobs for a run to begin with."""

from . import pgbench, server


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
