"""Holds the ledger against the database. What it refuses is a broken promise, or a ledger that cannot be believed."""

from collections import Counter
from dataclasses import dataclass, field

from .account import Account
from .evidence import Attempt, Evidence

ENDS = {"complete": "succeeded", "skip": "skipped", "cancel": "canceled"}
VERBS = {"complete": "succeeded", "fail": "failed", "release": "released", "snooze": "snoozed", "skip": "skipped"}
RETURNS = {"failed", "released", "snoozed"}  # ends of an attempt after which the worker itself expects another
CLOCK = 0.002  # seconds by which two readings of one clock, rounded by two programs, may differ


@dataclass
class Findings:
    """Refusals, by rule, with examples; and figures."""
    refusals: Counter = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    figures: Counter = field(default_factory=Counter)

    def refuse(self, rule: str, example: str) -> None:
        self.refusals[rule] += 1
        self.examples.setdefault(rule, [])
        if len(self.examples[rule]) < 5:
            self.examples[rule].append(example)


def check(account: Account, evidence: Evidence, forgiven: tuple[float, float] | None = None,
          is_clock_true: bool = True) -> Findings:
    """forgiven: from when to when an answer may have been lost with the server that gave it. is_clock_true: whether the
    server's clock ran on steadily; where it did not, nothing is held against times."""
    findings = Findings()
    if forgiven:
        _forgive(account, *forgiven)
    for line in account.malformed:
        findings.refuse("the ledger is readable", line)
    _check_enqueues(account, evidence, findings)
    _check_ends(evidence, findings)
    _check_settles(account, evidence, findings)
    _check_starts(account, evidence, findings)
    if is_clock_true:
        _check_times(account, evidence, findings)
    return findings


def _forgive(account: Account, since: float, until: float) -> None:
    """What a lost server answered in a stretch of time may or may not have happened, as if the answer had been lost."""
    for batch in account.batches.values():
        if batch.outcome == "committed" and since <= batch.answered <= until:
            batch.outcome = "forgiven"
    tokens = {token for token, wall in account.claimed.items() if since <= wall <= until}
    for key, answers in account.verdicts.items():
        kept = [a for a in answers if not since <= a[2] <= until and (a[1] == "ok" or key[1] not in tokens)]
        if len(kept) < len(answers):
            account.unanswered.add(key)
            account.verdicts[key] = kept
    for key in [key for key in account.heartbeats if key[1] in tokens]:
        del account.heartbeats[key]
    for job, starts in account.starts.items():
        account.forgotten.update((job, wall) for wall, _, token in starts
                                 if token in tokens or token == 0 and since <= wall <= until)


def _check_enqueues(account: Account, evidence: Evidence, findings: Findings) -> None:
    """Committed batches are there, once and whole; aborted ones are not; unknown ones are there wholly or not at all."""
    job_of: dict[int, int] = {}
    for job, reference in evidence.references.items():
        if reference in job_of:
            findings.refuse("a job is enqueued once", f"reference {reference} is jobs {job_of[reference]} and {job}")
        job_of[reference] = job
    intended = 0
    for (source, number), batch in account.batches.items():
        name = f"batch {number} of {source}"
        found = [job_of.get(reference) for reference in batch.references]
        there = sum(job is not None for job in found)
        intended += there
        if batch.outcome == "committed":
            findings.figures["batches committed"] += 1
            findings.figures["jobs committed"] += batch.count
            if found != batch.jobs:
                findings.refuse("what was committed is there", f"{name}: {there} of {batch.count} are in the database")
        elif batch.outcome == "aborted":
            findings.figures["batches aborted"] += 1
            if there:
                findings.refuse("what was aborted is not there", f"{name}: {there} jobs are in the database")
        elif there not in (0, batch.count):
            findings.refuse("an enqueue is atomic", f"{name}: {there} of {batch.count} are in the database")
        elif batch.outcome in ("unknown", "forgiven"):
            findings.figures[f"batches {batch.outcome}, {'there' if there else 'not there'}"] += 1
            if batch.outcome == "forgiven" and not there:
                findings.figures["jobs lost with their server, as forgiven"] += batch.count
    if intended != len(job_of):
        findings.refuse("every job was asked for", f"{len(job_of) - intended} jobs that no producer wrote of")


def _check_ends(evidence: Evidence, findings: Findings) -> None:
    """Every job has exactly one end, and get_job says the same."""
    for job in evidence.references:
        ends = [a.outcome for a in evidence.attempts.get(job, ()) if a.outcome in ENDS.values()]
        if job in evidence.dead:
            ends.append("dead")
        if len(ends) != 1:
            findings.refuse("every job ends exactly once", f"job {job}: {', '.join(ends) or 'has not ended'}")
            continue
        findings.figures[f"jobs {ends[0]}"] += 1
        if evidence.states.get(job, ends[0]) != ends[0]:
            findings.refuse("get_job tells the end", f"job {job}: {ends[0]}, get_job says {evidence.states[job]}")
        if ends[0] == "dead" and evidence.behaviours.get(job) != "dead":
            findings.refuse("only doomed jobs die", f"job {job}: {evidence.dead[job]}")


def _check_settles(account: Account, evidence: Evidence, findings: Findings) -> None:
    """A verdict is true: ok is in the database, once; anything else has a reason there."""
    outcomes = {(job, a.token): a.outcome for job, attempts in evidence.attempts.items() for a in attempts}
    for (job, token), answers in account.verdicts.items():
        outcome = outcomes.get((job, token))
        name = f"job {job}, token {token}"
        oks = [verb for verb, verdict, _ in answers if verdict == "ok"]
        if len(oks) > 1:
            findings.refuse("ok is given once for an attempt", f"{name}: {', '.join(oks)}")
        for verb in oks:
            if outcome != VERBS[verb]:
                findings.refuse("ok is durable", f"{name}: {verb} was ok, the database has {outcome}")
        for verb, verdict, _ in answers:
            findings.figures[f"verdicts {verdict}"] += 1
            settled_before = bool(oks) or (job, token) in account.unanswered
            if verdict == "stale" and outcome != "lost" and not (settled_before and outcome is not None):
                findings.refuse("stale has a reason", f"{name}: {verb} was stale, the database has {outcome}")
            elif verdict not in ("ok", "stale"):
                findings.refuse("no other verdict is due", f"{name}: {verb} was {verdict}")
    for (job, token), outcome in outcomes.items():
        if outcome == "lost" and any(verdict == "ok" for _, verdict, _ in account.verdicts.get((job, token), ())):
            findings.refuse("a settled attempt is not lost", f"job {job}, token {token}")


def _check_starts(account: Account, evidence: Evidence, findings: Findings) -> None:
    """Handlers ran for what was claimed, each attempt once, and again only for a reason that is written down."""
    for job, starts in account.starts.items():
        for _, _, token in starts:
            findings.figures["handlers started, " + ("Python" if token else "qworker")] += 1
        if len(starts) > 1:
            findings.figures["jobs handled more than once"] += 1
            findings.figures["handlers started again"] += len(starts) - 1
        if job in evidence.references or not all((job, wall) in account.forgotten for wall, _, _ in starts):
            _match_starts(job, starts, account, evidence, findings)
    for job, attempts in evidence.attempts.items():
        started = {number for _, number, _ in account.starts.get(job, ())}
        for attempt in attempts:
            if attempt.outcome == "open":
                findings.refuse("every attempt is closed", f"job {job}, attempt {attempt.number} of {attempt.worker}")
            if attempt.outcome == "succeeded" and attempt.number not in started:
                findings.refuse("success has a handler", f"job {job}, attempt {attempt.number}: no handler started")
        for before in attempts[:-1]:
            if before.outcome not in RETURNS and before.outcome != "lost":
                findings.refuse("nothing follows the end", f"job {job}: claimed after {before.outcome}")


def _match_starts(job: int, starts, account: Account, evidence: Evidence, findings: Findings) -> None:
    """Each start belongs to an attempt of its own; all attempts but the last were lost or given back."""
    if job not in evidence.references:
        findings.refuse("only what was committed is handled", f"job {job} is not in the database")
        return
    free = list(evidence.attempts.get(job, ()))
    for wall, number, token in sorted(starts):
        own = [a for a in free if a.number == number and (a.token == token or token == 0 and _is_swift(a))]
        match = max(own, key=lambda a: (a.claimed <= wall + CLOCK, a.claimed), default=None)
        if (job, wall) in account.forgotten and (match is None or match.claimed > wall + CLOCK):
            findings.figures["handlers of claims that were lost with their server"] += 1
        elif match is None:
            findings.refuse("an attempt is handled once", f"job {job}: attempt {number} started without a claim "
                            f"of its own (token {token})")
        else:
            free.remove(match)
            if match.outcome == "lost":
                findings.figures[_reason(job, wall, match, account)] += 1
            elif match.outcome in RETURNS:
                findings.figures[f"started again because {match.outcome} by the worker"] += 1


def _is_swift(attempt: Attempt) -> bool:
    """Whether its handler could not know its token."""
    return attempt.worker.startswith("swift")


def _reason(job: int, wall: float, attempt: Attempt, account: Account) -> str:
    """Why a started attempt was lost, by what its worker wrote afterwards."""
    verdicts = [verdict for _, verdict, _ in account.verdicts.get((job, attempt.token), ())]
    if wall > attempt.lease_end:
        return "lease expired: started only after it had (frozen, then went on)"
    if "stale" in verdicts:
        return "lease expired: the late settle was stale"
    if (job, attempt.token) in account.unanswered:
        return "lease expired: the settle was never answered"
    return "lease expired: the worker never settled (killed, or cut off)"


def _check_times(account: Account, evidence: Evidence, findings: Findings) -> None:
    """By the server's clock: an attempt is claimed after the one before has ended, which its lease decides when it is
    lost; a handler starts after its claim."""
    for job, attempts in evidence.attempts.items():
        for before, after in zip(attempts, attempts[1:]):
            if after.claimed < before.finished - CLOCK:
                findings.refuse("one worker at a time", f"job {job}: attempt {after.number} was claimed "
                                f"{before.finished - after.claimed:.3f} s before the one before it had ended")
        for attempt in attempts:
            if attempt.outcome == "lost":
                known = max(account.leases.get(attempt.token, 0), account.heartbeats.get((job, attempt.token), 0))
                if attempt.finished < attempt.lease_end - CLOCK:
                    findings.refuse("a lease is not taken early", f"job {job}, attempt {attempt.number}: reaped "
                                    f"{attempt.lease_end - attempt.finished:.3f} s before its end")
                if attempt.finished < known - CLOCK:
                    findings.refuse("a lease lasts as long as claim and heartbeat said",
                                    f"job {job}: reaped {known - attempt.finished:.3f} s early")
    claims = {(job, a.token): a.claimed for job, attempts in evidence.attempts.items() for a in attempts}
    for job, starts in account.starts.items():
        for wall, number, token in starts:
            if wall < claims.get((job, token), 0) - CLOCK:
                findings.refuse("a handler starts after its claim", f"job {job}, attempt {number}")
