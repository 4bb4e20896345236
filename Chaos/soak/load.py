"""The load: a producer at a steady rate, and a probe that measures how long a job waits for its handler."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

QUEUES = [f"soak_{number}" for number in range(10)]
TICK = 0.1    # seconds between two batches of the producer


def jobs_of(count: int, chance: random.Random) -> list[dict]:
    """A mixed batch: of 100 jobs 10 fail at first, 10 wait up to a minute, 5 have a unique key; five priorities."""
    made = []
    for _ in range(count):
        job = {"kind": "noop", "payload": {"text": "x" * chance.randrange(50, 500)}, "priority": chance.randrange(5)}
        draw = chance.random()
        if draw < 0.1:
            job["kind"] = "flaky"
            job["max_attempts"] = 2
        elif draw < 0.2:
            job["run_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + chance.uniform(1, 60)))
        elif draw < 0.25:
            job["unique_key"] = f"key-{chance.randrange(1000)}"
        made.append(job)
    return made


class Producer(threading.Thread):
    """Enqueues at `rate` jobs a second, in a batch for each tick; `rate` None: as fast as it goes, 200 at a time."""

    def __init__(self, url: str, rate: float | None):
        super().__init__(daemon=True)
        self.url, self.rate = url, rate
        self.ended = threading.Event()
        self.enqueued = 0
        self.late = 0.0    # the most seconds that it was behind its schedule
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with psycopg.connect(self.url, autocommit=True, application_name="soak producer") as connection:
                self._produce(connection)
        except Exception as error:    # told by the report: the run is worth nothing then
            self.error = error

    def _produce(self, connection: psycopg.Connection) -> None:
        chance = random.Random(7)
        begun = time.monotonic()
        while not self.ended.is_set():
            due = 200 if self.rate is None else int((time.monotonic() - begun) * self.rate) - self.enqueued
            if due > 0:
                connection.execute("select count(*) from queue.enqueue_batch(%s, %s::jsonb)",
                                   (chance.choice(QUEUES), json.dumps(jobs_of(min(due, 2000), chance))))
                self.enqueued += min(due, 2000)
            if self.rate is not None:
                self.late = max(self.late, (time.monotonic() - begun) - self.enqueued / self.rate)
                self.ended.wait(TICK)

    def end(self) -> None:
        self.ended.set()
        self.join(60)


class Probe(threading.Thread):
    """Five times a second a job whose handler is an HTTP call back: milliseconds from the commit to that call."""

    def __init__(self, url: str):
        super().__init__(daemon=True)
        self.url = url
        self.ended = threading.Event()
        self.waits: list[tuple[float, float]] = []    # when it came (monotonic), how long it took in ms
        self.missing: dict[int, float] = {}
        probe = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self):
                came = time.monotonic()
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                sent = probe.missing.pop(body["number"], None)
                if sent is not None:
                    probe.waits.append((came, (came - sent) * 1000))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.hook = f"http://127.0.0.1:{self.server.server_port}/"

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True, application_name="soak probe") as connection:
            number = 0
            while not self.ended.wait(0.2):
                number += 1
                # before the commit: the handler may start before the answer is here
                self.missing[number] = time.monotonic()
                connection.execute("select queue.enqueue('soak_probe', 'probe', jsonb_build_object('number', %s::int))",
                                   (number,))

    def end(self) -> None:
        self.ended.set()
        self.join(60)
        # The last one is on its way still: what does not come within half a minute does not come.
        given_up = time.monotonic() + 30
        while self.missing and time.monotonic() < given_up:
            time.sleep(0.1)
        self.server.shutdown()
