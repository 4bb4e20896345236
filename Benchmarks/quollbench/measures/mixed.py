"""(j) Mixed load: 50 queues, 5 priorities, 20 % of the jobs failing and retried, 10 % scheduled, over the run."""

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
        queue.enqueue_batch('mixed' || q, k.kind,
            array_fill(jsonb_build_object('a', repeat('0123456789', 7)), array[greatest(1, (%s * k.share)::int)]),
            run_at => {due}, priority => p)"""
# When those of a queue are due: the queues' turns are spread over the time that is given, beginning two seconds from now.
DUE = f"now() + interval '2 seconds' + %s * q / {QUEUES} * interval '1 second'"
# The last tenth is left out: there the queues run dry and wait for retries.
RATES = """
    with time as (
        select min(claimed_at) as begun, percentile_disc(0.9) within group (order by finished_at) as ended
        from queue.attempt
    )
    select count(*) / seconds, count(distinct a.job_id) / seconds
    from time as t, queue.attempt as a, lateral (select extract(epoch from t.ended - t.begun)::float8 as seconds) as s
    where a.finished_at <= t.ended
    group by seconds"""


def cases(bench: Bench) -> list[Case]:
    return [Case("quoll-notify", TITLE, lambda database: mixed(bench, database))]


def mixed(bench: Bench, database: str) -> None:
    options = bench.options
    with server.connect(database) as session:
        session.execute(CREATE, (QUEUES,))
        each = options.mixed_jobs / QUEUES / 5
        session.execute(FILL.format(due="null"), (QUEUES, each * 0.9))
        session.execute(FILL.format(due=DUE), (QUEUES, each * 0.1, options.mixed_seconds / 2))
    arguments = ["--handler", "good=builtin:noop", "--handler", "bad=builtin:fail"]
    for number in range(1, QUEUES + 1):
        arguments += ["--queue", f"mixed{number}"]
    run_qworkers(bench, database, arguments, seconds=options.mixed_seconds)
    with server.connect(database) as session:
        rates = session.execute(RATES).fetchone()
    if rates is None:
        raise process.ProcessFailure("no attempt was settled")
    bench.add("drain.mixed", "quoll", "attempts/s", rates[0])
    bench.add("drain.mixed.jobs", "quoll", "jobs/s", rates[1])
