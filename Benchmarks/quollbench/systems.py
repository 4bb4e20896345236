"""The systems that are compared, each installed once into a database that later runs copy."""

import json
import os
import sys
from dataclasses import dataclass, field

from . import process, server
from .options import Options

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUEUE_OPTIONS = {
    "quoll": {"notify": False},
    "quoll-notify": {"notify": True},
    "quoll-receipts": {"notify": False, "history": "receipts"},
    "quoll-guarded": {"notify": False, "max_payload_bytes": 1_000_000, "max_enqueues_per_minute": 1_000_000},
}


@dataclass
class Systems:
    """Which systems there are; their templates are the databases `t_SYSTEM`."""

    peers: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """Why a system takes no part."""

    def has(self, system: str) -> bool:
        return system not in self.missing


def template(system: str) -> str:
    return f"t_{system}"


def install(options: Options) -> Systems:
    """Makes every template. What fails is missing; without Quoll itself the error is raised."""
    systems = Systems()
    server.create(template("quoll"))
    server.script(template("quoll"), f"{ROOT}/sql/install.sql")
    for system in QUEUE_OPTIONS.keys() - {"quoll"}:
        server.create(template(system), template("quoll"))
    for system, queue in QUEUE_OPTIONS.items():
        _attempt(systems, system, lambda: server.ask(
            template(system), "select queue.create_queue('bench', %s)", json.dumps(queue)))
    if not systems.has("quoll"):
        raise process.ProcessFailure(systems.missing["quoll"])
    for system in ("textbook", "ceiling"):
        server.create(template(system))
        server.script(template(system), f"{ROOT}/Benchmarks/sql/{system}/schema.sql")
    for peer in options.peers:
        _attempt(systems, peer, lambda: _install_peer(peer))
        if systems.has(peer):
            systems.peers.append(peer)
    return systems


def _install_peer(peer: str) -> None:
    package = {"awa": "awa-pg"}.get(peer, peer)
    failed = f"{os.environ.get('QUOLL_BENCH_ENV', '')}/failed-{package}"
    if os.path.exists(failed):
        with open(failed) as file:
            raise process.ProcessFailure(f"pip install {package}: {process.tail(file.read())}")
    server.create(template(peer))
    process.run(actor(peer, "install", template(peer)), timeout=120)


def _attempt(systems: Systems, system: str, action) -> None:
    try:
        action()
    except Exception as error:
        systems.missing[system] = str(error).strip().splitlines()[0]


def actor(system: str, action: str, database: str, **options) -> list[str]:
    """The command of an actor; see quollbench.actors."""
    command = [sys.executable, "-m", "quollbench.actors", system, action, "--url", server.url(database)]
    for name, value in options.items():
        if value is not None:
            command += [f"--{name}", str(value)]
    return command


def versions(systems: Systems) -> dict[str, str]:
    """The version of each system that takes part."""
    from importlib.metadata import version

    found = {"quoll": server.ask(template("quoll"), "select queue.version()")}
    for peer in systems.peers:
        package = {"awa": "awa-pg"}.get(peer, peer)
        found[package] = version(package)
    return found
