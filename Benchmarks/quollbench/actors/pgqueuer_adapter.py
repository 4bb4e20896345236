"""pgqueuer: its default durability (everything logged), by its guide to performance tuning.

https://janbjorge.github.io/pgqueuer/guides/performance-tuning/: a pool by asyncpg of up to 20, autovacuum tuned by its own
command, a large batch for short jobs.
"""

import json

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.queries import Queries

from .adapter import payload


class Pgqueuer:
    async def open(self, url, connections):
        self.pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections + 2)
        self.queries = Queries(AsyncpgPoolDriver(self.pool))

    async def install(self):
        await self.queries.install()
        await self.queries.optimize_autovacuum()

    async def enqueue(self, number):
        await self.queries.enqueue("k", json.dumps(payload(number)).encode())

    async def enqueue_many(self, numbers):
        payloads = [json.dumps(payload(n)).encode() for n in numbers]
        await self.queries.enqueue(["k"] * len(payloads), payloads, [0] * len(payloads))

    async def work(self, handler, concurrency, ready):
        worker = PgQueuer(AsyncpgPoolDriver(self.pool))

        @worker.entrypoint("k")
        async def handle(job):
            handler(json.loads(job.payload)["n"])

        ready()
        await worker.run(batch_size=concurrency)

    async def close(self):
        await self.pool.close()


def make():
    return Pgqueuer()
