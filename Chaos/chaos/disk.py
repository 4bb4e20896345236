"""The disk of the cluster, a small tmpfs, is filled up under load, and emptied again some seconds later."""

import errno
import os
import shutil

from . import server
from .campaign import Campaign
from .checker import Findings
from .faults.fault import Missed, Paced
from .faults.workers import Kill
from .options import Options


class DiskFull(Paced):
    """Takes every free byte of the server's volume for some seconds. The server may refuse to write, or end itself when
    the log of its changes has no room; once there is room it is started again when it has."""
    name = "disk-filled"

    def __init__(self, seconds: float, every: float, wanted: int):
        super().__init__(every, wanted)
        self.seconds = seconds

    def strike(self) -> str:
        ballast = os.path.join(os.environ["PGHOST"], "ballast")
        try:
            with open(ballast, "wb", buffering=0) as file:
                self.fill(file)
                free = shutil.disk_usage(ballast).free
                self.pause(self.seconds)
        finally:
            os.unlink(ballast)
        if server.pg_ctl("status") != 0:
            server.start()
            return "the server had ended itself, and was started"
        server.ask("select 1")
        if free > 0:
            raise Missed("the volume was not full")
        return "the server went on"

    @staticmethod
    def fill(file) -> None:
        block = b"\0" * 65536
        while block:
            try:
                file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                block = block[: len(block) // 2]


def run(options: Options, folder: str) -> Findings:
    url = server.url()
    campaign = Campaign(options, folder, {"producers": [url], "python": [url, url], "swift": [url]})
    campaign.fight([DiskFull(2, 4, options.strikes(10, 2)), Kill(campaign.fleet, 2, 1)])
    return campaign.judge()
