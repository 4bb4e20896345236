"""The cluster under attack: the one that scripts/cluster run made, named by the PG* variables."""

import os
import shutil
import subprocess
import time

import psycopg

DATA = os.path.join(os.environ.get("PGHOST", ""), "data")
LOG = os.path.join(os.environ.get("PGHOST", ""), "log")
_home = os.environ.get("PGHOST", "")
UNREACHABLE = (psycopg.OperationalError, psycopg.InterfaceError)


def program(name: str) -> str:
    """The path of one of the server's programs: of QUOLL_PG_BIN, or the newest that is installed."""
    places = [os.environ.get("QUOLL_PG_BIN", "")]
    base = "/usr/lib/postgresql"
    if os.path.isdir(base):
        places += [f"{base}/{v}/bin" for v in sorted(os.listdir(base), key=lambda v: -float(v))]
    for place in places:
        if os.access(f"{place}/{name}", os.X_OK):
            return f"{place}/{name}"
    return shutil.which(name) or name


def as_server(*command: str) -> list[str]:
    """The command as the user that the server runs as: Postgres refuses root."""
    if os.geteuid() != 0:
        return list(command)
    user = os.environ.get("QUOLL_CLUSTER_USER", "postgres")
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command]


def pg_ctl(*arguments: str, data: str = DATA, environment: dict[str, str] | None = None) -> int:
    settings = [f"{name}={value}" for name, value in (environment or {}).items()]
    command = as_server("env", *settings, program("pg_ctl"), "-D", data, *arguments)
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd="/", timeout=120, check=False).returncode


def start(data: str = DATA, log: str = LOG, environment: dict[str, str] | None = None) -> None:
    for _ in range(30):
        if pg_ctl("-l", log, "-w", "start", data=data, environment=environment) == 0:
            return
        time.sleep(0.5)
    raise RuntimeError(f"the server does not start: see {log}")


def crash(data: str = DATA) -> None:
    """Stops as a power cut does: no checkpoint, no goodbye."""
    pg_ctl("-m", "immediate", "-w", "stop", data=data)


def url(host: str | None = None, port: str | None = None) -> str:
    host, port = host or _home, port or os.environ.get("PGPORT", "5432")
    return f"postgresql://postgres@/quoll?port={port}&host={host}"


def both(standby: str) -> str:
    """Where that one of two servers is that can be written to."""
    port = os.environ.get("PGPORT", "5432")
    return f"{url(f'{_home},{standby}', f'{port},{port}')}&target_session_attrs=read-write"


def move(host: str) -> None:
    """From now on the server is another one."""
    global _home
    _home = host


def connect(host: str | None = None) -> psycopg.Connection:
    """A session of the harness's own: it commits each statement, prepares none, heeds no time limit, and compiles nothing,
    which takes longer than to run its queries."""
    return psycopg.connect(url(host), autocommit=True, prepare_threshold=None, connect_timeout=5,
                           options="-c statement_timeout=0 -c lock_timeout=0 -c jit=off")


def patiently(work, seconds: float = 60):
    """The result of work(connection), tried again while the server is away."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with connect() as connection:
                return work(connection)
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def ask(sql: str, *parameters):
    """The first column of the first row; waits for a server that is away."""
    return patiently(lambda connection: connection.execute(sql, parameters or None).fetchone()[0])
