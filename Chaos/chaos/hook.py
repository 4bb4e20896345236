"""The handler of the Swift workers: an HTTP server that writes a line to the ledger for each POST, then answers."""

import asyncio
import json

from .ledger import Ledger
from .process import die_with_parent

ANSWERS = {"ok": b"200 OK", "fail": b"500 Error", "dead": b"400 Bad Request"}


async def _serve(ledger: Ledger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            attempt = int(headers["x-quoll-attempt"])
            ledger.write("S", headers["x-quoll-job-id"], attempt, 0)
            behaviour = body.get("b")
            answer = "dead" if behaviour == "dead" else "fail" if behaviour == "fail" and attempt == 1 else "ok"
            writer.write(b"HTTP/1.1 " + ANSWERS[answer] + b"\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _run(folder: str, port) -> None:
    ledger = Ledger(folder, "hook")
    server = await asyncio.start_server(lambda r, w: _serve(ledger, r, w), "127.0.0.1", 0)
    port.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def main(folder: str, port) -> None:
    """Serves until it is killed; sends its port down the pipe."""
    die_with_parent()
    asyncio.run(_run(folder, port))
