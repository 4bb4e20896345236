"""SQL-level load by pgbench, with prepared statements."""

import glob
import os
import re
import tempfile
from dataclasses import dataclass, field

from . import process, server

SQL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sql")


@dataclass
class Load:
    """One run of a script. Exactly one of seconds and transactions (per client) is given."""

    database: str
    script: str
    """As `quoll/claim`: below Benchmarks/sql."""
    clients: int = 1
    seconds: float | None = None
    transactions: int | None = None
    rate: float | None = None
    """Scripts per second; None: as fast as it goes."""
    variables: dict = field(default_factory=dict)
    log: str | None = None
    """The prefix of the files that get a line for each script run."""

    def command(self) -> list[str]:
        command = [
            server.program("pgbench"), "-n", "-M", "prepared", "-f", f"{SQL}/{self.script}.sql",
            "-c", str(self.clients), "-j", str(min(self.clients, os.cpu_count() or 1)),
        ]
        if self.seconds:
            command += ["-T", str(max(1, round(self.seconds)))]
        else:
            command += ["-t", str(self.transactions)]
        if self.rate:
            command += ["-R", str(self.rate)]
        if self.log:
            command += ["-l", "--log-prefix", self.log]
        for name, value in self.variables.items():
            command += ["-D", f"{name}={value}"]
        return command + [server.url(self.database)]

    @property
    def timeout(self) -> float:
        return (self.seconds or 600) * 1.5 + 120


@dataclass
class Answer:
    per_second: float
    """Scripts per second, without the time to connect."""
    milliseconds: float
    """The mean time of one."""


def run(load: Load) -> Answer:
    """Runs a load to its end. Raises ProcessFailure, also when single scripts failed."""
    return parse(process.run(load.command(), load.timeout))


def parse(output: str) -> Answer:
    failed = re.search(r"number of failed transactions: ([1-9]\d*)", output)
    rate = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
    mean = re.search(r"^latency average = ([\d.]+)", output, re.MULTILINE)
    if failed or not rate or "aborted" in output:
        raise process.ProcessFailure(f"pgbench: {process.tail(output)}")
    return Answer(float(rate[1]), float(mean[1]) if mean else 0.0)


@dataclass
class Timing:
    """One script run: when it ended (seconds since 1970) and how long it took."""

    ended: float
    milliseconds: float


def run_timed(load: Load) -> tuple[Answer, list[Timing]]:
    """Runs a load and returns the time of each script too."""
    with tempfile.TemporaryDirectory() as folder:
        load.log = f"{folder}/log"
        answer = run(load)
        return answer, [timing for file in glob.glob(f"{folder}/log.*") for timing in read_log(file)]


def read_log(file: str) -> list[Timing]:
    """Lines `client transaction microseconds script seconds microseconds …`."""
    with open(file) as lines:
        columns = (line.split() for line in lines)
        return [Timing(int(c[4]) + int(c[5]) / 1e6, int(c[2]) / 1000) for c in columns]
