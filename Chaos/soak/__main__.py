"""Chaos/run-soak [--minutes 60] [--share 0.6]: mixed load in a private cluster (DATABASE_URL)."""

import argparse
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg

from chaos.process import die_with_parent

from . import report
from .load import QUEUES, Probe, Producer
from .sample import Sampler

# Finished jobs go after four minutes, so that each slot is filled for two and an hour sees many turns of the ring.
OPTIONS = '{"retention_finished": "4 minutes", "retention_dead": "4 minutes"}'


def install(url: str) -> None:
    subprocess.run([os.environ["QUOLL_RELEASE"] + "/qinstall", "--database-url", url, "install"], check=True)
    with psycopg.connect(url, autocommit=True) as connection:
        for queue in [*QUEUES, "soak_probe"]:
            connection.execute("select queue.create_queue(%s, %s::jsonb)", (queue, OPTIONS))


def start_worker(url: str, hook: str, number: int) -> subprocess.Popen:
    queues = [word for queue in [*QUEUES, "soak_probe"] for word in ("--queue", queue)]
    return subprocess.Popen(
        [os.environ["QUOLL_RELEASE"] + "/qworker", "--database-url", url, "--name", f"soak-{number}", *queues,
         "--handler", "noop=builtin:noop", "--handler", "flaky=builtin:fail", "--handler", f"probe={hook}",
         "--concurrency", "64", "--log-level", "warning"], env=os.environ, preexec_fn=die_with_parent)


@contextmanager
def workers(url: str, hook: str, count: int):
    started = [start_worker(url, hook, number) for number in range(count)]
    try:
        yield started
    finally:
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.wait(60)


def finished(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute("select count(*) from queue_internal.attempt").fetchone()[0]


def capacity(url: str, seconds: float) -> float:
    """Jobs a second when a producer and the workers both do what they can."""
    producer = Producer(url, None)
    producer.start()
    time.sleep(5)
    before, begun = finished(url), time.monotonic()
    time.sleep(seconds)
    rate = (finished(url) - before) / (time.monotonic() - begun)
    producer.end()
    if producer.error:
        raise producer.error
    return rate


def drain(url: str) -> None:
    """Waits until nothing is left to do at once; the wait for retries and scheduled jobs is not part of this."""
    while True:
        before = finished(url)
        time.sleep(3)
        if finished(url) - before < 600:
            return


def soak(url: str, rate: float, minutes: int, probe: Probe, processes: list) -> bool:
    producer = Producer(url, rate)
    probe.start()
    producer.start()
    sampler = Sampler(url, producer, probe, processes)
    print(report.HEAD, flush=True)
    for _ in range(minutes):
        time.sleep(60)
        print(report.line(sampler.take()), flush=True)
        if producer.error:
            raise producer.error
        if any(worker.poll() is not None for worker in processes):
            raise SystemExit("soak: a worker has ended")
    producer.end()
    probe.end()
    flat, lines = report.verdict(sampler.samples)
    print("\n" + "\n".join(lines))
    print(f"\n{producer.enqueued} jobs were enqueued; {len(probe.missing)} probes never reached their handler")
    return flat and not probe.missing


def main() -> None:
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--share", type=float, default=0.6, help="of the measured capacity (default: 0.6)")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    url = os.environ["DATABASE_URL"]
    install(url)
    probe = Probe(url)
    with workers(url, probe.hook, options.workers) as processes:
        most = capacity(url, 30)
        print(f"capacity {most:.0f} jobs/s with {options.workers} workers; the load is {most * options.share:.0f} "
              f"jobs/s in {len(QUEUES)} queues for {options.minutes} minutes", flush=True)
        drain(url)
        flat = soak(url, most * options.share, options.minutes, probe, processes)
    print("flat" if flat else "NOT FLAT")
    sys.exit(0 if flat else 1)


main()
