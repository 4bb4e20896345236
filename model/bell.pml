/* The bell of a queue and priority: how a claim knows, without reading the lanes, that nothing is there.
 *
 * Producers, each one transaction that enqueues twice and commits or rolls back; claimers that claim again and again, each
 * time in a transaction of its own, which may roll back. A snapshot is the set of transactions that have ended. Numbers
 * are never used up: a claimer arms the bell at most once in a claim. Each comment names the SQL function that a step
 * stands for; README.md lists the broken variants.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef CLAIMERS
#define CLAIMERS 2
#endif
#ifndef CLAIMS
#define CLAIMS 3
#endif
#ifndef WRITES
#define WRITES 2
#endif
#define JOBS (PRODUCERS * WRITES)
#define NUMBERS (CLAIMERS * CLAIMS + 1)

mtype = { none, written, ready, taken, done };

mtype job[JOBS];                /* written: its transaction is open; taken: by a claim that is open */
byte bell;                      /* the sequence wake_N: 0, or the number of a look that found nothing */
byte numbers;                   /* the sequence token */
byte begun;                     /* bit mask: transactions that have an id */
byte ended;                     /* bit mask: transactions that have committed or rolled back */
bool recorded[NUMBERS];         /* queue_internal.idle: a row with this number ... */
byte pending[NUMBERS];          /* ... and the transactions that its rows have in common */

#define bit(p) (1 << (p))

/* queue_internal.insert_job: the row first, which gives the transaction its id; then the bell. */
inline enqueue(k) {
#ifdef RING_FIRST
    shown = bell;
#endif
    atomic { begun = begun | bit(me); job[me * WRITES + k] = written };
#ifndef RING_FIRST
    shown = bell;
#endif
    if
    :: shown != 0 ->        /* queue_internal.wake */
#ifdef SILENT
        skip
#else
        bell = 0
#endif
    :: shown == 0
    fi;
    shown = 0
}

proctype Producer(byte me) {
    byte shown; byte k;
    enqueue(0);
#if WRITES > 1
    if :: enqueue(1) :: skip fi;
#endif
    atomic {
        k = 0;
        if
        :: do
           :: k < WRITES && job[me * WRITES + k] == written -> job[me * WRITES + k] = ready; k++
           :: k < WRITES && job[me * WRITES + k] != written -> k++
           :: k == WRITES -> break
           od
        :: do      /* rolled back; what the bell was told stays */
           :: k < WRITES -> job[me * WRITES + k] = none; k++
           :: else -> break
           od
        fi;
        ended = ended | bit(me)
    }
}

/* Jobs that are committed and that nobody has or has had, as a mask. */
inline list_ready(mask) {
    d_step {
        mask = 0; j = 0;
        do
        :: j < JOBS && job[j] == ready -> mask = mask | bit(j); j++
        :: j < JOBS && job[j] != ready -> j++
        :: j == JOBS -> break
        od;
        j = 0
    }
}

/* queue_internal.look, take_lane: takes a job, or finds one that an open claim holds, or finds nothing. */
inline look() {
    atomic {
        found = false; j = 0;
        do
        :: j < JOBS && job[j] == ready && !found -> job[j] = taken; found = true; mine = j; j++
        :: j < JOBS && job[j] == taken && !found -> found = true; mine = JOBS; j++
        :: j < JOBS && (found || (job[j] != ready && job[j] != taken)) -> j++
        :: j == JOBS -> break
        od;
        j = 0
    }
}

/* queue.claim_batch */
proctype Claimer() {
    byte claims; byte j; byte before; byte after; byte snapshot; byte number; byte seen; byte mine; byte p; bool found;
    do
    :: claims < CLAIMS ->
        /* queue_internal.open_queue: the statement's snapshot is older than what it reads from the bell. */
        atomic { snapshot = ended; list_ready(before) };
#ifdef OLD_SNAPSHOT
        atomic { seen = begun & ~ended };       /* REPEATABLE READ: before the bell is read */
#endif
        atomic {
            number = bell;
            if
            :: number != 0 && recorded[number] && (pending[number] & snapshot) == 0 ->
                /* Nothing is handed out: nothing that was ready when the claim began may be left. */
                list_ready(after);
                assert((before & after) == 0);
                goto next
            :: else
            fi
        };
#ifndef OLD_SNAPSHOT
        atomic { seen = begun & ~ended };       /* pg_current_snapshot() */
#endif
        look();
        if
        :: found && mine < JOBS ->
            atomic { if :: job[mine] = done :: job[mine] = ready fi }       /* committed; rolled back */
        :: found && mine == JOBS        /* another claim holds the lane's lock */
        :: !found && number == 0 ->     /* queue_internal.arm */
#ifdef SAME_NUMBER
            bell = 1
#else
            atomic { numbers++; p = numbers };      /* nextval */
            bell = p                                /* setval */
#endif
        :: !found && number != 0 ->     /* queue_internal.note_empty */
            atomic {
#ifdef NO_PENDING
                seen = 0;
#endif
                pending[number] = (recorded[number] -> pending[number] & seen : seen);
                recorded[number] = true
            }
        fi;
next:
        atomic { claims++; before = 0; after = 0; snapshot = 0; number = 0; seen = 0; mine = 0; p = 0; found = false }
    :: claims == CLAIMS -> break
    od
}

init {
    byte i;
    atomic {
        i = 0; do :: i < JOBS -> job[i] = none; i++ :: else -> break od;
        i = 0; do :: i < PRODUCERS -> run Producer(i); i++ :: else -> break od;
        i = 0; do :: i < CLAIMERS -> run Claimer(); i++ :: else -> break od
    }
}
