"""python -m quollbench.actors SYSTEM ACTION: one process that drives one system.

Each action prints one line of JSON when it ends; `work` prints its progress while it runs (see Recorder).
"""

import argparse
import asyncio
import json
import signal
import time

from .adapter import load
from .clock import at_full_speed, at_rate
from .recorder import Recorder


async def install(adapter, options):
    await adapter.install()
    return {}


async def enqueue(adapter, options):
    """One job per transaction, as fast as the clients can."""
    count, seconds = await at_full_speed(options.seconds, options.clients, adapter.enqueue)
    return {"count": count, "seconds": seconds}


async def singles(adapter, options):
    """`--jobs` jobs, one per transaction."""
    upcoming = iter(range(options.jobs))

    async def client():
        for number in upcoming:
            await adapter.enqueue(number)

    await asyncio.gather(*(client() for _ in range(options.clients)))
    return {"count": options.jobs}


async def fill(adapter, options):
    """`--jobs` jobs by the bulk call, `--chunk` at a time."""
    start = time.monotonic()
    for first in range(0, options.jobs, options.chunk):
        await adapter.enqueue_many(range(first, min(first + options.chunk, options.jobs)))
    return {"count": options.jobs, "seconds": time.monotonic() - start}


async def produce(adapter, options):
    """Jobs at a steady rate; `--record` gets `NUMBER COMMITTED`, the nanosecond at which the enqueue had returned."""
    recorder = Recorder()

    async def act(number):
        await adapter.enqueue(number)
        recorder.note(number)

    count = await at_rate(options.rate, options.seconds, options.clients, act)
    recorder.write(options.record)
    return {"count": count}


async def work(adapter, options):
    """Handles jobs until SIGTERM; `--record` gets `NUMBER STARTED`."""
    recorder = Recorder()
    working = asyncio.create_task(
        adapter.work(recorder.note, options.clients, lambda: print("ready", flush=True)))
    reporting = asyncio.create_task(recorder.report())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        pass
    reporting.cancel()
    print(recorder.progress(), flush=True)
    if options.record:
        recorder.write(options.record)
    return {}


ACTIONS = {action.__name__: action for action in (install, enqueue, singles, fill, produce, work)}


def parse():
    parser = argparse.ArgumentParser(prog="quollbench.actors")
    parser.add_argument("system")
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--clients", type=int, default=1, help="concurrent calls or handlers")
    parser.add_argument("--connections", type=int, help="default: as many as clients")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--chunk", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=100, help="jobs per second")
    parser.add_argument("--record", help="a file to write times to")
    return parser.parse_args()


async def main():
    options = parse()
    adapter = load(options.system)
    await adapter.open(options.url, options.connections or options.clients)
    try:
        print(json.dumps(await ACTIONS[options.action](adapter, options)), flush=True)
    finally:
        await asyncio.wait_for(adapter.close(), 10)


asyncio.run(main())
