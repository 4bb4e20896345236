"""python -m quollbench.actors.notify: the round trip of a bare NOTIFY, without any queue.

Prints the milliseconds from sending each NOTIFY to its arrival in another session, as one line of JSON.
"""

import argparse
import asyncio
import json
import time

import asyncpg

from .clock import at_rate


async def main():
    parser = argparse.ArgumentParser(prog="quollbench.actors.notify")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    sent, taken = {}, []

    def arrived(connection, pid, channel, payload):
        taken.append((time.perf_counter() - sent[payload]) * 1000)

    listener = await asyncpg.connect(options.url)
    await listener.add_listener("bench", arrived)
    pool = await asyncpg.create_pool(options.url, min_size=options.clients, max_size=options.clients)

    async def notify(number):
        sent[str(number)] = time.perf_counter()
        await pool.execute("select pg_notify('bench', $1)", str(number))

    await at_rate(options.rate, options.seconds, options.clients, notify)
    await asyncio.sleep(0.2)
    print(json.dumps(taken), flush=True)
    await pool.close()
    await listener.close()


asyncio.run(main())
