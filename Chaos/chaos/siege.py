"""The main scene: a million jobs, every fault that a running cluster can meet, again and again."""

from . import server
from .campaign import Campaign
from .checker import Findings
from .faults.crashes import Crash, KillBackend, Terminate
from .faults.producers import KillProducer
from .faults.sessions import FullNotificationQueue, LowTimeouts, OpenTransaction, Prepared, PreparedThroughout
from .faults.upkeep import Dump, Rewrite
from .faults.workers import Freeze, Kill
from .fleet import Fleet
from .options import Options
from .pooler import Pooler


def run(options: Options, folder: str) -> Findings:
    pooler = Pooler(folder)
    campaign = Campaign(options, folder, {
        "producers": [server.url(), server.url(), pooler.url],
        "python": [server.url(), server.url(), pooler.url],
        "swift": [server.url(), pooler.url]})
    try:
        campaign.fight(_faults(options, campaign.fleet, folder))
    finally:
        pooler.stop()
    return campaign.judge()


def _faults(options: Options, fleet: Fleet, folder: str) -> list:
    some = options.strikes
    return [
        Kill(fleet, 1, some(250, 20)),
        KillProducer(fleet, options.pace(10), some(20, 2)),
        Freeze(fleet, 4, some(40, 3)),
        Crash(options.pace(14), some(20, 2)),
        KillBackend("claim_batch", options.pace(20), some(5, 1)),
        KillBackend("complete_batch", options.pace(20), some(5, 1)),
        KillBackend("maintain", options.pace(20), some(5, 1)),
        Terminate(2, some(50, 5)),
        LowTimeouts(3, options.pace(14), some(10, 1)),
        OpenTransaction(folder, 901, 5, 2, some(10, 2)),
        Prepared(folder, 902, 4, 2, some(10, 2)),
        PreparedThroughout(folder, 903, options.limit, 0, 1),
        Dump(0.5, some(5, 1)),
        Rewrite(2, some(10, 2)),
        FullNotificationQueue(options.pace(4), options.pace(16), 1),
    ]
