"""Transactions that have enqueued and stay open for minutes, while others move jobs and processes are killed. No server
crashes here, which would end them."""

from . import server
from .campaign import Campaign
from .checker import Findings
from .faults.producers import KillProducer
from .faults.sessions import OpenTransaction
from .faults.upkeep import Dump
from .faults.workers import Kill
from .options import Options

# Of the seconds that faults may take, how many such a transaction stays open.
SHARE = 0.9


class HeldTransaction(OpenTransaction):
    """One transaction that stays open nearly throughout."""
    is_outage = True

    def __init__(self, folder: str, number: int, seconds: float, commits: bool):
        self.name = f"transaction-held-then-{'committed' if commits else 'aborted'}"
        super().__init__(folder, number, seconds, 0.1, 1)
        self.commits = commits


def run(options: Options, folder: str) -> Findings:
    url = server.url()
    campaign = Campaign(options, folder, {"producers": [url, url], "python": [url, url], "swift": [url]})
    seconds = options.limit * SHARE
    campaign.fight([
        HeldTransaction(folder, 901, seconds, True),
        HeldTransaction(folder, 902, seconds, False),
        Kill(campaign.fleet, 2, options.strikes(100, 3)),
        KillProducer(campaign.fleet, options.pace(4), options.strikes(20, 2)),
        Dump(5, 1),
    ])
    return campaign.judge()
