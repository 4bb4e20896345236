"""PgBouncer in transaction mode in front of the cluster."""

import os
import shutil
import subprocess
import time

from . import server
from .process import die_with_parent

PORT = "6432"


class Pooler:
    """Runs until stop(), or until the harness ends."""

    def __init__(self, folder: str):
        self.folder = os.path.join(folder, "pooler")
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o777)
        os.chmod(folder, 0o755)
        self.process = self.start()

    @property
    def url(self) -> str:
        return server.url(self.folder, PORT)

    def start(self) -> subprocess.Popen:
        settings = os.path.join(self.folder, "ini")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f"""[databases]
quoll = host={os.environ["PGHOST"]} port={os.environ.get("PGPORT", "5432")} dbname=quoll user=postgres
[pgbouncer]
unix_socket_dir = {self.folder}
listen_port = {PORT}
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
server_login_retry = 0.2
""")
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        process = subprocess.Popen(
            server.as_server("--pdeathsig=KILL", program, "-q", settings) if os.geteuid() == 0
            else [program, "-q", settings],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            start_new_session=True, preexec_fn=die_with_parent)
        socket = os.path.join(self.folder, f".s.PGSQL.{PORT}")
        deadline = time.monotonic() + 10
        while not os.path.exists(socket):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("pgbouncer does not start")
            time.sleep(0.05)
        return process

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
