"""What the database says at the end, read from its tables in bulk: every job, every attempt, every end."""

from collections import defaultdict
from dataclasses import dataclass, field

import psycopg

# Of what transactions from {since} on have written. A row that was carried along is there twice for a while: it is read twice.
JOBS = """
    select d.job_id, (d.payload ->> 'r')::bigint, coalesce(d.payload ->> 'b', '-')
    from queue_internal.delivery as d
    where d.payload is not null and d.job_id is not null and d.xid >= '{since}'"""

ATTEMPTS = """
    select a.job_id, a.lease_token, a.attempt, a.outcome::text, extract(epoch from c.claimed_at),
        extract(epoch from a.finished_at), extract(epoch from greatest(c.leased_until, (
            select max(h.due_at) from queue_internal.delivery as h
            where h.job_id = a.job_id and h.lease_token = a.lease_token and a.outcome = 'lost'))),
        c.worker
    from queue_internal.attempt as a
    join queue_internal.claim as c on c.token = a.lease_token
    where c.token <> 0 and a.xmin::text::bigint >= {since}"""

OPEN = """
    select j.job_id, c.token, coalesce(c.attempts[j.place], 1), 'open', extract(epoch from c.claimed_at), 'infinity',
        extract(epoch from c.leased_until), c.worker
    from (select distinct on (token) * from queue_internal.claim where token <> 0 order by token) as c
    cross join lateral unnest(coalesce(c.job_ids, c.ids)) with ordinality as j (job_id, place)
    where not exists (
        select from queue_internal.attempt as a where a.lease_token = c.token and a.job_id = j.job_id)"""

DEAD = "select job_id, reason_code from queue_internal.dead_letter"

# After a crash the ids of transactions that had left nothing on disk are given out again: a few, for every commit writes
# what the others have.
REUSED = 200


@dataclass(frozen=True)
class Attempt:
    """One attempt, settled or open, with its times in seconds of the server's clock."""
    token: int
    number: int
    outcome: str
    claimed: float
    finished: float
    lease_end: float
    worker: str


@dataclass
class Evidence:
    references: dict[int, int] = field(default_factory=dict)  # job -> reference
    behaviours: dict[int, str] = field(default_factory=dict)  # of jobs that are not to simply succeed
    attempts: dict[int, list[Attempt]] = field(default_factory=lambda: defaultdict(list))
    dead: dict[int, str] = field(default_factory=dict)  # job -> reason
    states: dict[int, str] = field(default_factory=dict)  # a sample, as queue.get_job says
    read_to: int = 0  # what older transactions have written has been read

    def arrange(self) -> None:
        """Puts the attempts of each job in order: by their tokens, since a clock may have been stepped back."""
        for attempts in self.attempts.values():
            attempts.sort(key=lambda a: a.token)


def gather(url: str, before: Evidence | None = None, sample: int = 2000) -> Evidence:
    """Reads it all in one snapshot, in addition to what was read before; some jobs are asked of queue.get_job as well."""
    evidence = before or Evidence()
    evidence.read_to = 0
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        collect(connection, evidence)
        for row in _rows(connection, OPEN):
            _add(evidence, *row)
        evidence.arrange()
        interesting = [job for job, attempts in evidence.attempts.items() if len(attempts) > 1]
        jobs = interesting[:sample // 2] + list(evidence.references)[::max(1, 2 * len(evidence.references) // sample)]
        states = connection.execute(
            "select j.job_id, j.state from unnest(%s::bigint[]) as s (id), queue.get_job(s.id) as j", (jobs,))
        evidence.states = dict(states.fetchall())
    return evidence


def collect(connection: psycopg.Connection, evidence: Evidence) -> None:
    """Adds what has been committed since it was last called: jobs and attempts that are forgotten later stay in the
    evidence. Once it has failed it reads the same again."""
    since = max(evidence.read_to - REUSED, 0)
    read_to = connection.execute("select pg_snapshot_xmin(pg_current_snapshot())").fetchone()[0]
    for job, reference, behaviour in _rows(connection, JOBS.format(since=since)):
        evidence.references[int(job)] = int(reference)
        if behaviour != "-":
            evidence.behaviours[int(job)] = behaviour
    for row in _rows(connection, ATTEMPTS.format(since=since)):
        _add(evidence, *row)
    for job, reason in _rows(connection, DEAD):
        evidence.dead[int(job)] = reason
    evidence.read_to = int(read_to)


def _add(evidence: Evidence, job, token, number, outcome, claimed, finished, lease_end, worker) -> None:
    attempts = evidence.attempts[int(job)]
    if all(a.token != int(token) for a in attempts):
        attempts.append(Attempt(
            int(token), int(number), outcome, float(claimed), float(finished), float(lease_end), worker))


def _rows(connection: psycopg.Connection, query: str):
    with connection.cursor().copy(f"copy ({query}) to stdout") as copy:
        for row in copy.rows():
            yield row
