"""(h) WAL bytes and transactions of a job's whole life: single enqueues, then batches of 100."""

import time
from contextlib import contextmanager

from .. import pgbench, process, server, systems, workers
from ..bench import Bench, Case
from ..fill import READY
from .drain import family

LETTER = "h"
TITLE = "WAL of a whole life"
BATCH = 100
MARK = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


def cases(bench: Bench) -> list[Case]:
    return [
        Case(system, TITLE, lambda database, system=system: by_sql(bench, system, database))
        for system in ("quoll", "quoll-receipts", "textbook")
    ] + [
        Case(peer, TITLE, lambda database, peer=peer: by_peer(bench, peer, database)) for peer in bench.systems.peers
    ]


@contextmanager
def written(bench: Bench, name: str, system: str, database: str, jobs: int):
    """Notes what the cluster writes meanwhile, per job."""
    with server.connect(database) as session:
        bytes_before, xid_before = session.execute(MARK).fetchone()
        yield
        bytes_after, xid_after = session.execute(MARK).fetchone()
    bench.add(f"wal.{name}", system, "bytes/job", float(bytes_after - bytes_before) / jobs)
    bench.add(f"transactions.{name}", system, "writing tx/job", (xid_after - xid_before) / jobs)


def by_sql(bench: Bench, system: str, database: str) -> None:
    clients = bench.options.clients
    each = max(1, bench.options.wal_jobs // (clients * BATCH)) * BATCH
    jobs = each * clients
    live(database, family(system), clients, BATCH)
    with written(bench, "life", system, database, jobs):
        with written(bench, "enqueue", system, database, jobs):
            enqueue(database, family(system), clients, each)
        settle(database, family(system), clients, each // BATCH)
    if left := server.ask(database, READY[family(system)]):
        raise process.ProcessFailure(f"{left} of {jobs} jobs were left")


def live(database: str, folder: str, clients: int, each: int) -> None:
    """Whole lives, so that what is made once is there."""
    enqueue(database, folder, clients, each)
    settle(database, folder, clients, each // BATCH)


def enqueue(database: str, folder: str, clients: int, each: int) -> None:
    pgbench.run(pgbench.Load(database, f"{folder}/enqueue", clients=clients, transactions=each))


def settle(database: str, folder: str, clients: int, each: int) -> None:
    """Batches of 100 by all clients, then by one what they left when they met at a lane."""
    for sessions, transactions in ((clients, each), (1, 5)):
        pgbench.run(pgbench.Load(
            database, f"{folder}/life", clients=sessions, transactions=transactions, variables={"batch": BATCH}))


def by_peer(bench: Bench, peer: str, database: str) -> None:
    """By its own client and one worker process, until the settlements are written too."""
    jobs = bench.options.peer_wal_jobs
    enqueue_by_peer(bench, peer, database, BATCH)
    settle_by_peer(bench, peer, database, BATCH)
    with written(bench, "life", peer, database, jobs):
        with written(bench, "enqueue", peer, database, jobs):
            enqueue_by_peer(bench, peer, database, jobs)
        settle_by_peer(bench, peer, database, jobs)


def enqueue_by_peer(bench: Bench, peer: str, database: str, jobs: int) -> None:
    process.run(systems.actor(peer, "singles", database, jobs=jobs, clients=bench.options.clients),
                bench.options.patience + 60)


def settle_by_peer(bench: Bench, peer: str, database: str, jobs: int) -> None:
    with workers.Workers(peer, database, 1, bench.options.worker_concurrency) as group:
        group.wait(jobs, bench.options.patience)
        time.sleep(0.5)
