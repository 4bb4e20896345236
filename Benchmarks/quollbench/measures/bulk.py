"""(b) Many jobs in one call."""

import json
import time

from .. import process, server, systems
from ..bench import Bench, Case
from ..fill import statement

LETTER = "b"
TITLE = "enqueue in bulk"
NAME = "enqueue.bulk"


def cases(bench: Bench) -> list[Case]:
    bench.compare(NAME, "copy")
    bench.compare("enqueue.bulk.python", "quoll")
    return [
        Case("quoll", TITLE, lambda database: by_sql(bench, "quoll", database)),
        Case("textbook", TITLE, lambda database: by_sql(bench, "textbook", database)),
        Case("ceiling", TITLE, lambda database: by_copy(bench, database)),
    ] + [
        Case(system, TITLE, lambda database, system=system: by_client(bench, system, database))
        for system in ["quoll", *bench.systems.peers]
    ]


def by_sql(bench: Bench, system: str, database: str) -> None:
    jobs = bench.options.bulk_jobs
    with server.connect(database) as session:
        start = time.monotonic()
        session.execute(statement(system, jobs))
        bench.add(NAME, system, "jobs/s", jobs / (time.monotonic() - start))


def by_copy(bench: Bench, database: str, name: str = NAME) -> None:
    """The same documents by COPY, from a client, into a table with a primary key."""
    jobs = bench.options.bulk_jobs
    lines = "".join(f"bench\tk\t{json.dumps({'n': n, 'a': '0123456789' * 7})}\n" for n in range(jobs)).encode()
    with server.connect(database) as session:
        start = time.monotonic()
        with session.cursor().copy("copy bare (queue, kind, payload) from stdin") as copy:
            for first in range(0, len(lines), 1 << 18):
                copy.write(lines[first:first + (1 << 18)])
        bench.add(name, "copy", "jobs/s", jobs / (time.monotonic() - start))


def by_client(bench: Bench, system: str, database: str) -> None:
    command = systems.actor(system, "fill", database, jobs=bench.options.peer_bulk_jobs, chunk=5000)
    answer = json.loads(process.run(command, bench.options.patience + 120).splitlines()[-1])
    rate = answer["count"] / answer["seconds"]
    bench.add("enqueue.bulk.python", system, "jobs/s", rate)
    if system != "quoll":
        bench.add(NAME, system, "jobs/s", rate)
