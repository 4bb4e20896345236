"""(a) One job per transaction."""

import json

from .. import pgbench, process, server, systems
from ..bench import Bench, Case

LETTER = "a"
TITLE = "enqueue, one per transaction"
NAME = "enqueue.single"
ACTOR_PROCESSES = 2
LISTENERS = 8


def cases(bench: Bench) -> list[Case]:
    bench.compare(NAME, "bare")
    bench.compare("enqueue.single.python", "quoll")
    sql = [
        Case(system, TITLE, lambda database, label=label, script=script: by_sql(bench, database, label, script))
        for system, label, script in (
            ("quoll", "quoll", "quoll"), ("quoll-guarded", "quoll-guarded", "quoll"), ("ceiling", "bare", "ceiling"),
            ("textbook", "textbook", "textbook"))
    ]
    listening = Case("quoll-notify", TITLE, lambda database: with_listeners(bench, database))
    return sql + [listening] + [
        Case(system, TITLE, lambda database, system=system: by_client(bench, system, database))
        for system in ["quoll-notify", *bench.systems.peers]
    ]


def by_sql(bench: Bench, database: str, label: str, script: str) -> None:
    answer = pgbench.run(pgbench.Load(
        database, f"{script}/enqueue", clients=bench.options.clients, seconds=bench.options.seconds))
    bench.add(NAME, label, "jobs/s", answer.per_second)


def with_listeners(bench: Bench, database: str) -> None:
    """Notification on, and sessions that listen and have found nothing: the first job wakes them.

    They do not come back for more, as workers would that are busy; until one does, no other job is told of.
    """
    sessions = [server.connect(database) for _ in range(LISTENERS)]
    try:
        for session in sessions:
            channel = session.execute("select queue.channel('bench')").fetchone()[0]
            session.execute(f"listen {channel}")
            session.execute("select count(*) from queue.claim_batch('bench', 'idle')")
        by_sql(bench, database, "quoll-notify", "quoll")
    finally:
        for session in sessions:
            session.close()


def by_client(bench: Bench, system: str, database: str) -> None:
    """Through the system's own client, two processes; with notification, which the peers have too."""
    options = bench.options
    label = system.split("-")[0]
    each = max(1, options.clients // ACTOR_PROCESSES)
    command = systems.actor(label, "enqueue", database, clients=each, seconds=options.seconds)
    actors = [process.start(command) for _ in range(ACTOR_PROCESSES)]
    answers = [
        json.loads(process.finish(actor, options.seconds + options.patience + 30).splitlines()[-1]) for actor in actors
    ]
    rate = sum(answer["count"] / answer["seconds"] for answer in answers)
    bench.add("enqueue.single.python", label, "jobs/s", rate)
    if label != "quoll":
        bench.add(NAME, label, "jobs/s", rate)
