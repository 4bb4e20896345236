"""What administrators do beside a running queue."""

import subprocess

import psycopg

from .. import server
from .fault import Missed, Paced

TABLES = """select format('%I.%I', n.nspname, c.relname) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'queue_internal' and c.relkind = 'r' order by c.relname"""


class Dump(Paced):
    """pg_dump, one after the other, throughout. Each must end well unless the server was taken away under it."""
    name = "dumped"

    def strike(self) -> str:
        done = subprocess.run([server.program("pg_dump"), "-Fc", "-Z0", server.url()],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Missed(done.stderr)
        return "dumped"


class Rewrite(Paced):
    """VACUUM FULL of one of the queue's tables after the other, and a REINDEX of it, under a lock timeout that lets the
    statement get through."""
    name = "vacuum-full-and-reindex"

    def __init__(self, every: float, wanted: int):
        super().__init__(every, wanted)
        self.place = 0

    def strike(self) -> str:
        with server.connect() as connection:
            tables = [row[0] for row in connection.execute(TABLES)]
            table = tables[self.place % len(tables)]
            connection.execute("set lock_timeout = '1 s'")
            connection.execute("set statement_timeout = '20 s'")
            self.place += 1
            try:
                connection.execute(f"vacuum full {table}")
                connection.execute(f"reindex table {table}")
            except psycopg.errors.LockNotAvailable as error:
                raise Missed(f"{table} is locked") from error
        return table
