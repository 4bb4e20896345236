"""The producers and workers of a run: started, killed, frozen, replaced."""

import multiprocessing
import os
import random
import signal
import subprocess
import threading
import time

from . import hook, ledger, producer, worker
from .process import die_with_parent

# Says which job before it does anything; the job's behaviour comes in the payload.
COMMAND = """read -r up _ < /proc/uptime
echo "S $(date +%s.%N) $up $QUOLL_JOB_ID $QUOLL_ATTEMPT 0" >> {ledger}
payload=$(cat)
case $payload in *dead*) exit 3 ;; *fail*) [ "$QUOLL_ATTEMPT" != 1 ] || exit 1 ;; esac"""

OPTIONS = {"max_attempts": 1000, "max_lost": 10000, "backoff_base": "100 milliseconds", "backoff_cap": "1 second",
           "permanent_codes": ["EXIT_3"]}


class Process:
    """One producer or worker, whatever it is made of."""

    def __init__(self, name: str, pid: int, ended):
        self.name, self.pid, self.ended = name, pid, ended
        self.is_frozen = False
        self.url, self.total = "", 0  # of a producer: where it connects, and how many jobs it enqueues

    def signal(self, number: int) -> None:
        if not self.ended():
            os.kill(self.pid, number)


class Fleet:
    def __init__(self, folder: str, qworker: str, lease: float, batch: int, urls: dict[str, list[str]]):
        """urls: where producers, Python workers and Swift workers connect, one process for each."""
        self.folder, self.qworker, self.lease, self.batch = folder, qworker, lease, batch
        self.urls = urls
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["chaos.worker", "chaos.producer", "chaos.hook"])
        self.lock = threading.Lock()
        self.serial = self.number = 0  # of workers, of producers
        self.rate = 0.0  # of each producer
        self.workers: list[Process] = []
        self.producers: list[Process] = []
        receiver, sender = self.context.Pipe(duplex=False)
        self.hook = self._fork("hook", hook.main, folder, sender)
        self.port = receiver.recv()

    def start_producers(self, total: int, rate: float) -> None:
        urls = self.urls["producers"]
        self.rate = rate / len(urls)
        for url in urls:
            self.producers.append(self._producer(url, total // len(urls)))

    def _producer(self, url: str, total: int) -> Process:
        self.number += 1
        process = self._fork(f"producer-{self.number}", producer.main, self.folder, self.number, url, self.rate, total,
                             self.batch)
        process.url, process.total = url, total
        return process

    def replace_producer(self) -> str | None:
        """Kills a random producer in the middle of an enqueue, and has another one enqueue what is left; its name. None
        when all are done."""
        with self.lock:
            busy = [place for place, process in enumerate(self.producers) if not process.ended()]
            if not busy:
                return None
            place = random.choice(busy)
            victim = self.producers[place]
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and not ledger.is_enqueuing(self.folder, victim.name):
                time.sleep(0.002)
            victim.signal(signal.SIGKILL)
            while not victim.ended():
                time.sleep(0.01)
            left = victim.total - ledger.committed(self.folder, victim.name)
            if left > 0:
                self.producers[place] = self._producer(victim.url, left)
        return victim.name

    def start_workers(self) -> None:
        for place in range(len(self.urls["python"]) + len(self.urls["swift"])):
            self.workers.append(self._worker(place))

    def _worker(self, place: int) -> Process:
        self.serial += 1
        python = self.urls["python"]
        if place < len(python):
            kinds = ["bulk", "web", "cmd"] if place == 0 else ["bulk"]
            name = f"python-{self.serial}"
            return self._fork(name, worker.main, self.folder, name, python[place], self.lease, self.batch,
                              kinds)
        return self._qworker(f"swift-{self.serial}", self.urls["swift"][place - len(python)])

    def _fork(self, name: str, main, *arguments) -> Process:
        process = self.context.Process(target=main, args=arguments, name=name, daemon=True)
        process.start()
        return Process(name, process.pid, lambda: not process.is_alive())

    def _qworker(self, name: str, url: str) -> Process:
        book = os.path.join(self.folder, f"{name}.ledger")
        log = open(os.path.join(self.folder, f"{name}.log"), "wb")  # pylint: disable=consider-using-with
        command = [
            self.qworker, "--database-url", url, "--queue", producer.CHAOS, "--queue", producer.QUIET, "--name", name, "--concurrency", "16", "--batch",
            "50", "--lease", f"{int(self.lease * 1000)}ms", "--poll", "200ms", "--grace", "5s", "--handler",
            f"web=http://127.0.0.1:{self.port}/", "--handler", f"cmd=exec:{COMMAND.format(ledger=book)}"]
        if "port=6432" in url:
            command.append("--no-listen")
        child = subprocess.Popen(  # pylint: disable=consider-using-with
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent)
        log.close()
        return Process(name, child.pid, lambda: child.poll() is not None)

    def replace(self, number: int = signal.SIGKILL) -> str:
        """Ends a random worker that is not frozen and starts another in its place; its name."""
        with self.lock:
            place = random.choice([i for i, w in enumerate(self.workers) if not w.is_frozen])
            victim = self.workers[place]
            victim.signal(number)
            self.workers[place] = self._worker(place)
        return victim.name

    def freeze(self, seconds: float) -> str:
        """Stops a random worker for some seconds, then lets it go on; its name."""
        with self.lock:
            victim = random.choice([w for w in self.workers if not w.is_frozen])
            victim.is_frozen = True
            victim.signal(signal.SIGSTOP)
        time.sleep(seconds)
        with self.lock:
            victim.signal(signal.SIGCONT)
            victim.is_frozen = False
        return victim.name

    def refill(self) -> None:
        """Starts again what ended by itself, such as a qworker that found no server when it began."""
        with self.lock:
            for place, process in enumerate(self.workers):
                if process.ended():
                    self.workers[place] = self._worker(place)

    def are_producers_done(self) -> bool:
        with self.lock:  # one may be about to be replaced
            return all(p.ended() for p in self.producers)

    def stop(self) -> None:
        """Ends everything: Swift workers politely, the rest at once."""
        for process in self.workers:
            process.signal(signal.SIGTERM if process.name.startswith("swift") else signal.SIGKILL)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not all(w.ended() for w in self.workers):
            time.sleep(0.1)
        for process in self.workers + self.producers + [self.hook]:
            process.signal(signal.SIGKILL)
        while not all(p.ended() for p in self.workers + self.producers):
            time.sleep(0.05)
