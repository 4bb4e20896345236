/* An attempt and its fence: whoever settles first has settled it, and a job has one place at a time.
 *
 * One job; workers that claim it, then settle their attempt in time, late, twice or never; reapers that close attempts
 * whose lease has ended; somebody who cancels. Each transaction may roll back. That a delivery is claimed once is what
 * window.pml shows; here a claim takes it in one step. Each comment names the SQL function that a step stands for. The
 * broken variants are chosen with -D; README.md lists them, and `check` runs them all.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef REAPERS
#define REAPERS 2
#endif
#define ATTEMPTS 2              /* claims of the job; the next failure makes it dead */

mtype = { open, done, retried, lost, canceled };

byte ready = 1;                 /* deliveries of the job that are committed and not handed out */
byte token;                     /* the newest claim: lease tokens are 1, 2, ... */
byte ended;                     /* ends of the job that are committed: succeeded, dead or canceled */
bool expired[ATTEMPTS + 1];     /* the lease of this token has ended */
mtype outcome[ATTEMPTS + 1];    /* queue_internal.attempt as committed: open means that there is no row */
byte beating[ATTEMPTS + 1];      /* heartbeats that have answered ok and are not committed: they share lease_lock(t) */
bool reaping[ATTEMPTS + 1];     /* a reaper holds lease_lock(t) */
byte working;                   /* workers and reapers that have begun: in the order of their numbers, which loses */
byte looking;                   /* nothing, for they are alike: any other run is one of these with names exchanged */
byte inserter[ATTEMPTS + 1];    /* the process that has inserted a row which is not committed; nobody: 0 */

/* The attempts that nobody has settled: each is a place of the job, as is a delivery and as is its end. */
#define unsettled(t) (t <= token && outcome[t] == open)
#define places (ready + ended + unsettled(1) + unsettled(2))

/* A process's first step. */
#define may_begin(begun) (begun >= order)
inline begin(begun) { if :: begun == order -> begun++ :: else fi }

/* At each commit: the job is in one place, never in two, and never in none. */
#define check assert(places == 1)

/* pg_try_advisory_xact_lock(lease_lock(t)), pg_advisory_xact_lock_shared(lease_lock(t)) */
#ifdef NO_LEASE_LOCK
#define may_reap(t) true
#define may_beat(t) true
#else
#define may_reap(t) (beating[t] == 0 && !reaping[t])
#define may_beat(t) (!reaping[t])
#endif

#ifdef NO_LEASE
#define has_ended(t) true
#else
#define has_ended(t) expired[t]
#endif

/* queue.claim_batch: hands the delivery out under a new token, its lease running. */
inline claim() {
    atomic {
        ready > 0 && token < ATTEMPTS ->
        ready--;
        token++;
        outcome[token] = open;
        mine = token;
        check
    }
}

/* queue_internal.close_attempt: insert ... on conflict do nothing. It waits for another's uncommitted row of the same
 * key, and is told whether it was first. */
inline close_attempt(t) {
#ifdef NO_FENCE
    /* looks, then inserts, with no unique key */
    first = (outcome[t] == open);
#else
    atomic {
        inserter[t] == 0 ->
        if
        :: outcome[t] == open -> first = true; inserter[t] = _pid
        :: else -> first = false
        fi
    }
#endif
}

/* The transaction's end: the attempt's row, and with it what follows from it: redeliver, dead_letter, or nothing more. */
inline end_settle(t, how) {
    if
    :: atomic {
        assert(outcome[t] == open);         /* an attempt is settled once */
        assert(how != lost || (expired[t] && beating[t] == 0)); /* and taken from nobody whose lease holds */
        outcome[t] = how;
        inserter[t] = 0;
#ifdef LATER
        check
    };
    atomic {        /* what follows, in a transaction of its own */
#endif
        follow(how);
        check
    }
    :: atomic { inserter[t] = 0 }       /* rolled back: the attempt is as it was, and the next one may settle it */
    fi
}

/* redeliver while attempts are left, else dead_letter; complete and cancel end the job. */
inline follow(how) {
    if
    :: (how == retried || how == lost) && token < ATTEMPTS -> ready++
    :: else -> ended++
    fi
}

/* queue.complete, queue.fail: named by the job and the token of the claim. */
inline settle(how) {
#ifdef BY_JOB
    name = token;       /* the job's newest attempt, whosever it is */
#else
    name = mine;
#endif
    close_attempt(name);
    if
    :: first -> assert(name == mine); end_settle(name, how)
    :: !first ->    /* queue_internal.refusal: stale or canceled; nothing was done */
#ifdef DEAF
        atomic { follow(how); check }       /* goes on as if it were first */
#else
        skip
#endif
    fi
}

/* queue.heartbeat: answers ok while the attempt is unsettled; the lease is longer for others when it commits. */
inline heartbeat() {
    atomic { may_beat(mine) && outcome[mine] == open -> beating[mine]++ };
    if
    :: atomic { expired[mine] = false; beating[mine]-- }
    :: atomic { beating[mine]-- }
    fi
}

proctype Worker(byte order) {
    byte mine; byte name; bool first;
    do
    :: atomic { may_begin(working) && ready > 0 && token < ATTEMPTS -> begin(working); claim() };
        if :: heartbeat() :: skip fi;
        /* none: killed; two: repeated after a lost connection, or both */
        if :: settle(done) :: settle(retried) :: skip fi;
        if :: settle(done) :: skip fi
    :: atomic { may_begin(working) -> begin(working) }; break
    od
}

/* queue_internal.expire, reap_job: under the lease's lock, or not at all, looks at the lease and closes the attempt. */
proctype Reaper(byte order) {
    byte t; bool first;
    if
    :: atomic { may_begin(looking) && token > 0 && may_reap(token) -> begin(looking); t = token; reaping[t] = true };
        if
        :: atomic { has_ended(t) && outcome[t] == open -> skip };       /* leased_until, unsettled */
            if
            :: atomic { inserter[t] != 0 -> skip }      /* lock_timeout: filed again */
            :: close_attempt(t);
                if
                :: first -> end_settle(t, lost)
                :: !first
                fi
            fi
        :: !has_ended(t) || outcome[t] != open
        fi;
        atomic { reaping[t] = false; t = 0; first = false }
    :: atomic { may_begin(looking) -> begin(looking) }
    fi
}

/* queue.cancel, of a job that runs */
proctype Canceler() {
    byte t; bool first;
    if
    :: atomic { token > 0 && outcome[token] == open -> t = token };
        close_attempt(t);
        if
        :: first -> end_settle(t, canceled)
        :: !first
        fi
    :: skip
    fi
}

proctype Time() {
    byte t = 1;
    do
    :: atomic { t <= ATTEMPTS && t <= token -> expired[t] = true; t++ }
    :: break
    od
}

init {
    byte i;
    atomic {
        outcome[1] = open; outcome[2] = open;
        i = 0; do :: i < WORKERS -> run Worker(i); i++ :: else -> break od;
        i = 0; do :: i < REAPERS -> run Reaper(i); i++ :: else -> break od;
        run Canceler(); run Time()
    }
}
