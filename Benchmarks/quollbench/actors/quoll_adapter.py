"""Quoll from Python, through asyncpg: what a producer in another language pays. Its worker is qworker or qbench."""

import json

import asyncpg

from .adapter import QUEUE, payload


class Quoll:
    async def open(self, url, connections):
        self.pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)

    async def enqueue(self, number):
        await self.pool.execute(
            "select queue.enqueue($1, 'k', $2::jsonb)", QUEUE, json.dumps(payload(number)))

    async def enqueue_many(self, numbers):
        await self.pool.fetchval(
            "select count(*) from queue.enqueue_batch($1, 'k', $2::jsonb[])",
            QUEUE, [json.dumps(payload(n)) for n in numbers])

    async def close(self):
        await self.pool.close()


def make():
    return Quoll()
