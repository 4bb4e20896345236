"""(l) What this machine and Postgres can do without any queue."""

from .. import pgbench
from ..bench import Bench, Case
from . import bulk

LETTER = "l"
TITLE = "the ceiling"


def cases(bench: Bench) -> list[Case]:
    return [
        Case("ceiling", "bare INSERT", lambda database: by_script(bench, database, "enqueue", "insert")),
        Case("ceiling", "SELECT 1", lambda database: by_script(bench, database, "select1", "select 1")),
        Case("ceiling", "COPY", lambda database: bulk.by_copy(bench, database, "ceiling")),
    ]


def by_script(bench: Bench, database: str, script: str, label: str) -> None:
    answer = pgbench.run(pgbench.Load(
        database, f"ceiling/{script}", clients=bench.options.clients, seconds=bench.options.seconds))
    bench.add("ceiling", label, "1/s", answer.per_second)
