"""The ledger: append-only text files outside the database, one for each process, read together at the end.

A line is a letter, the wall clock, the monotonic clock, then fields of its own. Each is one write() and is handed to the
kernel before the act it announces, or right after the act it reports; a killed process loses nothing that it wrote.

    producer  I batch first count         about to enqueue jobs with the references first .. first+count-1
              C batch job,job,...         committed, with these ids in the order of the references
              A batch reason              certainly not committed
              U batch reason              the answer was lost: the batch may exist; so does one with no outcome line
    worker    K token until job:attempt,...   a claim was handed to it, leased until then by the server's clock
              H until token job:verdict,...   a heartbeat was answered: ok holds the lease until then
              S job attempt token         the handler starts (token 0: the handler cannot know it)
              T verb token job,...        about to settle
              V verb token job:verdict,...    the answer
              E verb token reason         the answer was lost: it may have happened
              R verb token                rolled back on purpose
    harness   F fault detail              a fault strikes
              G fault detail              it is over
"""

import glob
import os
import time


class Ledger:
    """One process's file."""

    def __init__(self, folder: str, name: str):
        self.path = os.path.join(folder, f"{name}.ledger")
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)

    def write(self, letter: str, *fields) -> None:
        line = f"{letter} {time.time():.6f} {time.monotonic():.6f} {' '.join(map(str, fields))}\n"
        os.write(self._file, line.encode())


def word(text) -> str:
    """Free text as a single field."""
    return "_".join(str(text).split())[:120] or "-"


def committed(folder: str, name: str) -> int:
    """How many jobs one producer knows to be committed."""
    path = os.path.join(folder, f"{name}.ledger")
    if not os.path.exists(path):  # killed before it began
        return 0
    with open(path, encoding="utf-8") as file:
        return sum(line.count(",") + 1 for line in file if line.startswith("C ") and line.endswith("\n"))


def is_enqueuing(folder: str, name: str) -> bool:
    """Whether what a producer wrote last is that it is about to enqueue."""
    path = os.path.join(folder, f"{name}.ledger")
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 100_000))
        return b"".join(file.read().splitlines()[-1:]).startswith(b"I ")


def lines(folder: str):
    """Every line of every file, as (source, letter, wall clock, fields); a last line that was cut off is left out."""
    for path in sorted(glob.glob(os.path.join(folder, "*.ledger"))):
        source = os.path.basename(path).removesuffix(".ledger")
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    letter, wall, _monotonic, *fields = line.split()
                    yield source, letter, float(wall), fields
