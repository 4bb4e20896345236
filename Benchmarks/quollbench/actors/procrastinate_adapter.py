"""procrastinate: psycopg pool, batch_defer for bulk, finished jobs deleted, which writes least.

https://procrastinate.readthedocs.io/en/stable/howto/basics/batch_defer.html and …/production/delete_finished_jobs.html.
"""

import logging

import procrastinate

from .adapter import FILLER, QUEUE

logging.getLogger("procrastinate").setLevel(logging.ERROR)


class Procrastinate:
    async def open(self, url, connections):
        connector = procrastinate.PsycopgConnector(
            conninfo=url, min_size=connections, max_size=connections + 2)
        self.app = procrastinate.App(connector=connector)
        self.handler = None

        @self.app.task(name="k", queue=QUEUE)
        async def handle(n, a):
            self.handler(n)

        self.task = handle
        await self.app.open_async()

    async def install(self):
        await self.app.schema_manager.apply_schema_async()

    async def enqueue(self, number):
        await self.task.defer_async(n=number, a=FILLER)

    async def enqueue_many(self, numbers):
        await self.task.batch_defer_async(*({"n": n, "a": FILLER} for n in numbers))

    async def work(self, handler, concurrency, ready):
        self.handler = handler
        ready()
        await self.app.run_worker_async(
            queues=[QUEUE], concurrency=concurrency, delete_jobs="always", install_signal_handlers=False)

    async def close(self):
        await self.app.close_async()


def make():
    return Procrastinate()
