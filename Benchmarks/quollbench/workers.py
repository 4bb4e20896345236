"""Worker processes that tell how far they are: qbench for Quoll, an actor for each peer."""

import math
import os
import signal
import threading
import time
from dataclasses import dataclass

from . import process, server, systems


@dataclass
class Progress:
    """What worker processes have done together; times in nanoseconds since 1970."""

    handled: int = 0
    first: int = 0
    last: int = 0
    cpu: float = 0.0
    """CPU seconds."""

    @property
    def seconds(self) -> float:
        return max(self.last - self.first, 1) / 1e9


class Worker:
    """One process; a thread reads what it prints."""

    def __init__(self, command: list[str]):
        self.ready = threading.Event()
        self.progress = Progress()
        self.start_cpu: float | None = None
        self.output: list[str] = []
        self.process = process.start(command)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            words = line.split()
            if words == ["ready"]:
                self.ready.set()
            elif words[:1] == ["handled"] and len(words) == 5:
                self._note(Progress(int(words[1]), int(words[2]), int(words[3]), float(words[4])))
            else:
                self.output = self.output[-20:] + [line]
        self.ready.set()

    def _note(self, progress: Progress):
        if progress.handled == 0 or self.start_cpu is None:
            self.start_cpu = progress.cpu
        self.progress = progress

    def check(self):
        if self.process.poll() not in (None, 0):
            raise process.ProcessFailure(f"a worker failed: {process.tail(''.join(self.output))}")

    def stop(self, timeout: float = 15):
        """Asks it to end and waits for its last words."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.reader.join(timeout)
        process.kill(self.process)


class Workers:
    """Several of them on one database."""

    def __init__(self, system: str, database: str, processes: int, concurrency: int, record: str | None = None):
        self.records = [f"{record}.{number}" for number in range(processes)] if record else []
        self.members = [
            Worker(command(system, database, concurrency, self.records[number] if record else None))
            for number in range(processes)
        ]

    def __enter__(self):
        for member in self.members:
            member.ready.wait(30)
            member.check()
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.stop()

    def progress(self) -> Progress:
        """Of all together; CPU time from the first look on."""
        each = [member.progress for member in self.members]
        return Progress(
            handled=sum(p.handled for p in each),
            first=min((p.first for p in each if p.handled), default=0),
            last=max(p.last for p in each),
            cpu=sum(p.cpu - (m.start_cpu or 0) for p, m in zip(each, self.members)))

    def wait(self, handled: int, patience: float, seconds: float = math.inf) -> Progress:
        """Until so many jobs are handled, or until `seconds` after the first of them.

        Raises ProcessFailure after `patience` seconds without progress.
        """
        seen, since = -1, time.monotonic()
        while (progress := self.progress()).handled < handled and progress.seconds < seconds:
            for member in self.members:
                member.check()
            if progress.handled != seen:
                seen, since = progress.handled, time.monotonic()
            elif time.monotonic() - since > patience:
                raise process.ProcessFailure(f"workers stand still after {seen} of {handled} jobs")
            time.sleep(0.05)
        return progress


def command(system: str, database: str, concurrency: int, record: str | None) -> list[str]:
    if system.startswith("quoll"):
        arguments = [f"{os.environ['QUOLL_RELEASE']}/qbench", server.url(database), "bench", str(concurrency)]
        return arguments + ([record] if record else [])
    return systems.actor(
        system, "work", database, clients=concurrency, connections=peer_connections(system), record=record)


def peer_connections(system: str) -> int:
    """Connections of one worker process: what the peer's documentation advises, where it does."""
    return {"awa": 24, "procrastinate": 10, "pgqueuer": 20}[system]
