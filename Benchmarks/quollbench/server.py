"""The private cluster: databases made afresh for each run, and questions to the server."""

import os
import platform
import shutil
import urllib.parse
from contextlib import contextmanager

import psycopg

from . import process

SETTINGS = [
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "autovacuum", "wal_level", "shared_buffers",
    "max_wal_size", "checkpoint_timeout", "max_connections",
]


def url(database: str) -> str:
    """A URI for a database of the cluster, in the form that every driver understands."""
    host = urllib.parse.quote(os.environ["PGHOST"], safe="")
    return f"postgresql://postgres@{host}:{os.environ.get('PGPORT', '5432')}/{database}"


def connect(database: str) -> psycopg.Connection:
    """A session that commits each statement."""
    return psycopg.connect(url(database), autocommit=True)


def ask(database: str, sql: str, *parameters):
    """The first column of the first row."""
    with connect(database) as connection:
        return connection.execute(sql, parameters or None).fetchone()[0]


def script(database: str, *files: str, **variables) -> None:
    """Runs SQL files by psql. Raises ProcessFailure."""
    command = ["psql", "-Xqv", "ON_ERROR_STOP=1", "-d", url(database), "-o", "/dev/null"]
    for name, value in variables.items():
        command += ["-v", f"{name}={value}"]
    for file in files:
        command += ["-f", file]
    process.run(command, timeout=1800)


def create(name: str, template: str = "template0") -> None:
    with connect("postgres") as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" template "{template}"')


def drop(name: str) -> None:
    with connect("postgres") as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


@contextmanager
def fresh(template: str):
    """The name of a new database that is a copy of the template; it is dropped afterwards."""
    name = f"run_{template}"
    create(name, template)
    try:
        yield name
    finally:
        drop(name)


def program(name: str) -> str:
    """The path of one of the server's programs, such as pgbench."""
    places = [os.environ.get("QUOLL_PG_BIN"), shutil.which(name) and os.path.dirname(shutil.which(name))]
    base = "/usr/lib/postgresql"
    if os.path.isdir(base):
        versions = sorted(os.listdir(base), key=lambda v: float(v) if v.replace(".", "").isdigit() else 0)
        places += [f"{base}/{version}/bin" for version in reversed(versions)]
    for place in filter(None, places):
        if os.access(f"{place}/{name}", os.X_OK):
            return f"{place}/{name}"
    raise process.ProcessFailure(f"{name} is not installed")


def description() -> dict[str, str]:
    """What a reader must know of the machine and the server."""
    with connect("postgres") as connection:
        values = {name: connection.execute(f"show {name}").fetchone()[0] for name in SETTINGS}
    values["cpus"] = str(os.cpu_count())
    values["machine"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    values["load average"] = load_average()
    return values


def load_average() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())
