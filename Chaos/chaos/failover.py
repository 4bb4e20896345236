"""The primary is lost for good and its standby promoted, under load: a synchronous one, and an asynchronous one that is
behind."""

import os
import signal
import subprocess
import time

import psycopg

from . import server
from .campaign import Campaign
from .checker import Findings
from .faults.fault import Paced
from .faults.workers import Kill
from .options import Options


ORDER = 0.01  # seconds by which the order of commits in the log may differ from that of their times


class Standby:
    """A copy of the cluster that follows it, in the cluster's own folder."""

    def __init__(self):
        self.host = os.path.join(os.environ["PGHOST"], "standby")
        self.data = os.path.join(self.host, "data")
        subprocess.run(server.as_server("mkdir", self.host), check=True)
        subprocess.run(
            server.as_server(server.program("pg_basebackup"), "-D", self.data, "-R", "-c", "fast", "-X", "stream", "-d",
                             server.url()), cwd="/", check=True, stdout=subprocess.DEVNULL)
        subprocess.run(server.as_server("tee", "-a", f"{self.data}/postgresql.conf"), check=True, text=True,
                       input=f"unix_socket_directories = '{self.host}'\n", stdout=subprocess.DEVNULL)
        server.start(self.data, f"{self.host}/log")

    def ask(self, sql: str):
        with server.connect(self.host) as connection:
            return connection.execute(sql).fetchone()[0]

    def promote(self) -> None:
        server.pg_ctl("-w", "promote", data=self.data)
        server.move(self.host)

    def stop(self) -> None:
        server.crash(self.data)


class FailOver(Paced):
    """The primary stops at once and never comes back; the standby takes over. lag: seconds for which nothing has reached
    the standby before that. Afterwards lost is the time from the last commit that reached it to the promotion."""
    name = "failed-over"
    is_outage = True

    def __init__(self, standby: Standby, lag: float, after: float):
        super().__init__(after, 1)
        self.standby, self.lag = standby, lag
        self.lost: tuple[float, float] | None = None

    def strike(self) -> str:
        receiver = self.standby.ask("select pid from pg_stat_wal_receiver")
        if self.lag:
            os.kill(receiver, signal.SIGSTOP)
            time.sleep(self.lag)
        server.crash()
        if self.lag:
            os.kill(receiver, signal.SIGKILL)  # what it had not written is lost with it
            self.until_it_is_back()
        reached = float(self.standby.ask("select extract(epoch from pg_last_xact_replay_timestamp())"))
        self.lost = reached - ORDER, time.time()
        self.standby.promote()
        return f"lag {self.lost[1] - self.lost[0]:.3f} s"

    def until_it_is_back(self) -> None:
        """A standby that lost a process starts afresh, and has then replayed all that it has."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.standby.ask("select pg_last_xact_replay_timestamp() is not null"):
                    return
            except psycopg.Error:
                pass
            time.sleep(0.2)
        raise RuntimeError("the standby does not come back")


def synchronous(options: Options, folder: str) -> Findings:
    """Nothing that was answered is lost."""
    return _run(options, folder, is_synchronous=True)


def asynchronous(options: Options, folder: str) -> Findings:
    """What was answered before the last commit that reached the standby is kept; after that anything may be lost."""
    return _run(options, folder, is_synchronous=False)


def _run(options: Options, folder: str, is_synchronous: bool) -> Findings:
    standby = Standby()
    url = server.both(standby.host)
    try:
        if is_synchronous:
            with server.connect() as connection:
                connection.execute("alter system set synchronous_standby_names = '*'")
                connection.execute("select pg_reload_conf()")
        campaign = Campaign(options, folder, {"producers": [url, url], "python": [url, url], "swift": [url]})
        fault = FailOver(standby, 0 if is_synchronous else 1, options.limit * 0.15)
        campaign.fight([fault, Kill(campaign.fleet, 2, 1)])
        return campaign.judge(None if is_synchronous else fault.lost)
    finally:
        standby.stop()
