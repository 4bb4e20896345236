"""What every system can do for the actors. One adapter for each system, driven by its public API."""

from typing import Callable, Protocol

QUEUE = "bench"
FILLER = "0123456789" * 7

Handler = Callable[[int], None]


def payload(number: int) -> dict:
    """About 100 bytes of JSON, whatever the system."""
    return {"n": number, "a": FILLER}


class Adapter(Protocol):
    """Opened once; used by one event loop."""

    async def open(self, url: str, connections: int) -> None: ...

    async def install(self) -> None:
        """Creates the system's tables in an empty database."""

    async def enqueue(self, number: int) -> None:
        """One job, one transaction."""

    async def enqueue_many(self, numbers: range) -> None:
        """All jobs at once, the fastest way that the system documents."""

    async def work(self, handler: Handler, concurrency: int, ready: Callable[[], None]) -> None:
        """Handles jobs until cancelled; calls `ready` once it is set up."""

    async def close(self) -> None: ...


def load(name: str) -> Adapter:
    """The adapter of a system; imports nothing of the others."""
    import importlib

    module = importlib.import_module(f"quollbench.actors.{name}_adapter")
    return module.make()
