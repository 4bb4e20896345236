"""awa-pg: its Rust engine under Python, by https://pypi.org/project/awa-pg/ and its docs/benchmarking.md.

Bulk by enqueue_many_copy; several claimers for the hot queue; for a worker a pool of 24, by its rule of four for each queue
and twenty.
"""

import asyncio
from dataclasses import dataclass

import awa

from .adapter import FILLER, QUEUE


@dataclass
class BenchJob:
    n: int
    a: str = FILLER


class Awa:
    async def open(self, url, connections):
        self.client = awa.AsyncClient(url, max_connections=max(connections, 4))

    async def install(self):
        await self.client.migrate()
        await self.client.install_queue_storage()

    async def enqueue(self, number):
        await self.client.insert(BenchJob(number), queue=QUEUE)

    async def enqueue_many(self, numbers):
        await self.client.enqueue_many_copy([BenchJob(n) for n in numbers], queue=QUEUE)

    async def work(self, handler, concurrency, ready):
        @self.client.task(BenchJob, queue=QUEUE)
        async def handle(job):
            handler(job.args.n)

        await self.client.start([
            {"name": QUEUE, "max_workers": concurrency, "claimers": 2, "claim_batch_size": 512}
        ])
        ready()
        try:
            await asyncio.Event().wait()
        finally:
            await self.client.shutdown()

    async def close(self):
        await self.client.close()


def make():
    return Awa()
