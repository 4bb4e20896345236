"""(j) Mixed load: 50 queues, 5 priorities, 20 % of the jobs failing and retried, 10 % scheduled a little ahead."""

from .. import process, server
from ..bench import Bench, Case
from .worker import run_qworkers

LETTER = "j"
TITLE = "mixed load"
QUEUES = 50

CREATE = """
    select queue.create_queue('mixed' || q, '{"max_attempts": 3, "backoff_base": "500 milliseconds"}')
    from generate_series(1, %s) as q"""
FILL = """
    select count(*)
    from generate_series(1, %s) as q, generate_series(-2, 2) as p,
        (values ('good', 0.8), ('bad', 0.2)) as k (kind, share),
        (values (null::interval, 0.9), (interval '2 seconds', 0.1)) as d (delay, share),
        queue.enqueue_batch('mixed' || q, k.kind,
            array_fill(jsonb_build_object('a', repeat('0123456789', 7)), array[greatest(1, (%s * k.share * d.share)::int)]),
            run_at => now() + d.delay, priority => p)"""
# The last tenth is left out: there the queues run dry and wait for retries.
RATE = """
    select 0.9 * count(*) / extract(epoch from percentile_disc(0.9) within group (order by finished_at)
        - min(claimed_at))::float8
    from queue.attempt"""


def cases(bench: Bench) -> list[Case]:
    return [Case("quoll-notify", TITLE, lambda database: mixed(bench, database))]


def mixed(bench: Bench, database: str) -> None:
    options = bench.options
    with server.connect(database) as session:
        session.execute(CREATE, (QUEUES,))
        session.execute(FILL, (QUEUES, options.mixed_jobs / QUEUES / 5))
    arguments = ["--handler", "good=builtin:noop", "--handler", "bad=builtin:fail"]
    for number in range(1, QUEUES + 1):
        arguments += ["--queue", f"mixed{number}"]
    run_qworkers(bench, database, arguments, seconds=options.mixed_seconds)
    rate = server.ask(database, RATE)
    if rate is None:
        raise process.ProcessFailure("no attempt was settled")
    bench.add("drain.mixed", "quoll", "attempts/s", float(rate))
