"""(b) Many jobs in one call."""

import json
import struct
import time

from .. import process, server, systems
from ..actors.adapter import payload
from ..bench import Bench, Case

LETTER = "b"
TITLE = "enqueue in bulk"
NAME = "enqueue.bulk"
CHUNK = 100_000
INSERT = {
    "quoll": b"select count(*) from queue.enqueue_batch('bench', 'k', $1)",
    "textbook": b"insert into jobs (queue, kind, payload) select 'bench', 'k', p from unnest($1) as p",
}
JSONB, JSONB_ARRAY, BINARY = 3802, 3807, 1
"""Object ids of the types, and the format of parameters, in the protocol."""


def cases(bench: Bench) -> list[Case]:
    bench.compare(NAME, "copy")
    bench.compare("enqueue.bulk.python", "quoll")
    return [
        Case("quoll", TITLE, lambda database: by_sql(bench, "quoll", database)),
        Case("textbook", TITLE, lambda database: by_sql(bench, "textbook", database)),
        Case("ceiling", TITLE, lambda database: by_copy(bench, database)),
    ] + [
        Case(system, TITLE, lambda database, system=system: by_client(bench, system, database))
        for system in ["quoll-notify", *bench.systems.peers]
    ]


def by_sql(bench: Bench, system: str, database: str) -> None:
    """In one call, or one for each 100,000, by a client that has the parameter ready, as COPY's has its lines."""
    jobs = bench.options.bulk_jobs
    chunks = [jsonb_array(range(first, min(first + CHUNK, jobs))) for first in range(0, jobs, CHUNK)]
    with server.connect(database) as session:
        start = time.monotonic()
        for chunk in chunks:
            answer = session.pgconn.exec_params(INSERT[system], [chunk], [JSONB_ARRAY], [BINARY])
            if answer.error_message:
                raise process.ProcessFailure(answer.error_message.decode())
        bench.add(NAME, system, "jobs/s", jobs / (time.monotonic() - start))


def jsonb_array(numbers: range) -> bytes:
    """The payloads of these jobs as the protocol has a jsonb[] in binary."""
    documents = [json.dumps(payload(number)).encode() for number in numbers]
    head = struct.pack("!iiIii", 1, 0, JSONB, len(documents), 1)  # dimensions, no nulls, type, length, first index
    return head + b"".join(struct.pack("!iB", len(text) + 1, 1) + text for text in documents)  # each with its version


def by_copy(bench: Bench, database: str, name: str = NAME) -> None:
    """The same documents by COPY, from a client, into a table with a primary key."""
    jobs = bench.options.bulk_jobs
    lines = "".join(f"bench\tk\t{json.dumps(payload(n))}\n" for n in range(jobs)).encode()
    with server.connect(database) as session:
        start = time.monotonic()
        with session.cursor().copy("copy bare (queue, kind, payload) from stdin") as copy:
            for first in range(0, len(lines), 1 << 18):
                copy.write(lines[first:first + (1 << 18)])
        bench.add(name, "copy", "jobs/s", jobs / (time.monotonic() - start))


def by_client(bench: Bench, system: str, database: str) -> None:
    label = system.split("-")[0]
    command = systems.actor(label, "fill", database, jobs=bench.options.peer_bulk_jobs, chunk=5000)
    answer = json.loads(process.run(command, bench.options.patience + 120).splitlines()[-1])
    rate = answer["count"] / answer["seconds"]
    bench.add("enqueue.bulk.python", label, "jobs/s", rate)
    if label != "quoll":
        bench.add(NAME, label, "jobs/s", rate)
