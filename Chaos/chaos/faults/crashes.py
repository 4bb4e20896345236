"""Faults of the server's processes."""

import os
import random
import signal
import time

from .. import server
from .fault import Missed, Paced


class Crash(Paced):
    """pg_ctl stop -m immediate, and a start: a power cut of the server, without loss of its disk."""
    name = "server-crashed"
    is_outage = True

    def strike(self) -> str:
        server.crash()
        server.start()
        return "restarted"


class KillBackend(Paced):
    """SIGKILL of one backend in the middle of a call; the server then throws out everybody and recovers."""
    is_outage = True

    def __init__(self, call: str, every: float, wanted: int):
        super().__init__(every, wanted)
        self.call = call
        self.name = f"backend-killed-in-{call}"

    def strike(self) -> str:
        pid = _backend_in(self.call)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError as error:
            raise Missed("it had ended") from error
        time.sleep(0.2)
        server.ask("select 1")
        return self.call


def _backend_in(call: str) -> int:
    """The process of a session that is at this moment in a call of queue.<call>."""
    deadline = time.monotonic() + 5
    with server.connect() as connection:
        while time.monotonic() < deadline:
            found = connection.execute(
                "select pid from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() "
                "and backend_type = 'client backend' and query ~ %s", (rf"queue\.{call}\M",)).fetchall()
            if found:
                return random.choice(found)[0]
    raise Missed(f"nobody was in {call}")


class Terminate(Paced):
    """pg_terminate_backend of a random session."""
    name = "session-terminated"
    is_outage = True

    def strike(self) -> str:
        with server.connect() as connection:
            found = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
                "and backend_type = 'client backend' order by random() limit 1").fetchone()
        if not found:
            raise Missed("no session")
        return "terminated"
