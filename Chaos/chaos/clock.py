"""The clock of the server's machine is stepped under load, ahead and back, by faketime. Leases rest on that clock alone."""

import glob
import os
import time

from . import server
from .campaign import Campaign
from .checker import Findings
from .faults.fault import Paced
from .faults.workers import Kill
from .options import Options

# Seconds ahead of the true time, one after the other. The last lies behind all others: a retry that is due by the clock as
# it was waits until the clock is there again.
STEPS = (30, 15, 1800, 60, 3600)


class StepClock(Paced):
    """Steps the server's clock: ahead and back by seconds, by half an hour, by an hour."""
    name = "clock-stepped"

    def __init__(self, file: str, every: float):
        super().__init__(every, len(STEPS))
        self.file = file
        self.is_outage = True
        self.place = 0

    def strike(self) -> str:
        ahead = STEPS[self.place]
        self.place += 1
        write(self.file, ahead)
        return f"{ahead} s ahead"


def write(file: str, ahead: int) -> None:
    """Tells faketime, which reads the file at each look at the clock; replaced as a whole, so never read half."""
    with open(f"{file}.new", "w", encoding="utf-8") as out:
        out.write(f"+{ahead}s\n")
    os.rename(f"{file}.new", file)


def run(options: Options, folder: str) -> Findings:
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not library:
        raise RuntimeError("faketime is not installed: run scripts/setup")
    file = os.path.join(folder, "clock")
    write(file, 0)
    os.chmod(folder, 0o755)
    server.crash()
    server.start(environment={
        "LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
    url = server.url()
    campaign = Campaign(options, folder, {"producers": [url], "python": [url, url], "swift": [url]})
    campaign.fight([StepClock(file, options.limit * 0.08), Kill(campaign.fleet, 2, 1)])
    found = campaign.judge(is_clock_true=False)
    ahead = float(server.ask("select extract(epoch from clock_timestamp())")) - time.time()
    if abs(ahead - STEPS[-1]) > 5:
        found.refuse("the clock was stepped", f"the server is {ahead:.0f} s ahead")
    return found
