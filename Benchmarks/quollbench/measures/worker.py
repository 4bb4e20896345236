"""(d) Drain by real workers whose handler does nothing; (k) the CPU time that they need for it."""

import os
import resource
import time

from .. import process, server, systems, workers
from ..bench import Bench, Case
from ..fill import fill

LETTER = "d"
TITLE = "drain by workers"
NAME = "drain.worker"
CPU = "worker.cpu"


def cases(bench: Bench) -> list[Case]:
    bench.compare(NAME, "awa")
    bench.compare(CPU, "awa")
    return [Case("quoll-notify", TITLE, lambda database: by_qworker(bench, database))] + [
        Case(peer, TITLE, lambda database, peer=peer: by_peer(bench, peer, database)) for peer in bench.systems.peers
    ]


def by_qworker(bench: Bench, database: str) -> None:
    """From the first claim to the last settlement, by the history that the queue keeps."""
    jobs = bench.options.worker_jobs
    fill(database, "quoll", jobs)
    cpu = run_qworkers(bench, database, ["--queue", "bench", "--handler", "k=builtin:noop", "--drain"])
    with server.connect(database) as session:
        settled, seconds = session.execute(
            "select count(*), extract(epoch from max(finished_at) - min(claimed_at))::float8 from queue.attempt"
        ).fetchone()
    if settled != jobs:
        raise process.ProcessFailure(f"{settled} attempts for {jobs} jobs")
    bench.add(NAME, "quoll", "jobs/s", jobs / seconds, letter="d")
    bench.add(CPU, "quoll", "s/1000 jobs", cpu / jobs * 1000, letter="k")


def run_qworkers(bench: Bench, database: str, arguments: list[str], seconds: float | None = None) -> float:
    """Runs qworker until it ends by itself, or for so long. Returns the CPU seconds of all processes."""
    options = bench.options
    command = [
        f"{os.environ['QUOLL_RELEASE']}/qworker", "--database-url", server.url(database), "--log-level", "error",
        "--concurrency", str(options.worker_concurrency), "--grace", "2s", *arguments,
    ]
    before = children_cpu()
    started = [process.start(command) for _ in range(options.worker_processes)]
    if seconds:
        time.sleep(seconds)
        for worker in started:
            worker.terminate()
    for worker in started:
        process.finish(worker, options.patience + 60)
    return children_cpu() - before


def children_cpu() -> float:
    """CPU seconds of all processes that this one has started and seen end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def by_peer(bench: Bench, peer: str, database: str) -> None:
    """From the start of the first handler to the start of the last, which spares the peer its last settlements."""
    options = bench.options
    fill_by_peer(bench, peer, database, options.peer_worker_jobs)
    with workers.Workers(peer, database, options.worker_processes, options.worker_concurrency) as group:
        progress = group.wait(options.peer_worker_jobs, options.patience, options.peer_worker_seconds)
    bench.add(NAME, peer, "jobs/s", progress.handled / progress.seconds, letter="d")
    bench.add(CPU, peer, "s/1000 jobs", progress.cpu / progress.handled * 1000, letter="k")


def fill_by_peer(bench: Bench, peer: str, database: str, jobs: int) -> None:
    command = systems.actor(peer, "fill", database, jobs=jobs, chunk=5000)
    process.run(command, bench.options.patience + 120)
    with server.connect(database) as session:
        session.execute("vacuum analyze")
        session.execute("checkpoint")
