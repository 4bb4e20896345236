/* A lane and its window: every committed delivery is handed out exactly once, whenever its transaction commits.
 *
 * One lane; producers that append two rows and commit or abort; claimers whose transactions mix enqueues and claims in
 * any order, in READ COMMITTED or REPEATABLE READ, and commit or abort. At the end one more claim must find all that
 * is left, and exactly that. Each comment names the SQL function that a step stands for. Sets of transactions are bit
 * masks. The broken variants are chosen with -D; README.md lists them, and `check` runs them all.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef CLAIMERS
#define CLAIMERS 2
#endif
#ifndef ACTIONS
#define ACTIONS 2     /* enqueues and claims in one claimer's transaction */
#endif
#ifndef WRITES
#define WRITES 1      /* enqueues of all claimers together */
#endif
#define ROWS (2 * PRODUCERS + WRITES)

typedef Snapshot { byte xmax; byte xip }

/* A row of queue_internal.claim, as far as it is the lane's cursor. */
typedef Cursor {
    byte number;
    Snapshot before;
    Snapshot upto;
    byte last_xid;
    byte last_id;
    bool exhausted;
    byte own_xid;       /* own_xids, own_ids: at most one pair, since only one transaction holds the lane */
    byte own_id;
    byte before_xid;    /* before_xids, before_ids */
    byte before_id
}

byte next_xid = 1;
byte running;           /* transactions in progress */
byte committed;
byte rows;              /* rows of queue_internal.delivery; the id is the index */
byte row_xid[ROWS + 1];
byte taken_by[ROWS + 1];/* the transaction whose claim handed the row out; nobody: 0 */
Cursor seen;            /* the newest committed row of queue_internal.claim */
Cursor filed;           /* the newest one, committed or not */
byte writer;            /* the transaction that has filed uncommitted ones */
byte lane_lock;         /* pg_try_advisory_xact_lock(lane): the process that holds it */
byte written;           /* enqueues of claimers */
byte producing;         /* producers and claimers that have begun: they do so in the order of their numbers, which is */
byte claiming;          /* no loss, for they are all alike: every other run is such a run with the names exchanged */

#define bit(xid) (1 << (xid))
#define member(xid, set) (((set) >> (xid)) & 1)

/* pg_try_advisory_xact_lock(lane) */
#ifdef NO_LOCK
#define is_free(lock) true
#else
#define is_free(lock) ((lock) == 0 || (lock) == _pid)
#endif

/* pg_visible_in_snapshot(xid, s) */
#define is_in(xid, s) ((xid) < s.xmax && !member(xid, s.xip))

/* The window's edge: what `before` shows was handed out already (range_rows, late_rows). */
#ifdef NO_XIP
#define is_before(xid, s) ((xid) < s.xmax)
#else
#define is_before(xid, s) is_in(xid, s)
#endif

#define in_window(id, c) \
    (is_in(row_xid[id], c.upto) && !is_before(row_xid[id], c.before) \
    && (row_xid[id] > c.last_xid || (row_xid[id] == c.last_xid && id > c.last_id)))

inline copy_cursor(to, from) {
    to.number = from.number;
    to.before.xmax = from.before.xmax; to.before.xip = from.before.xip;
    to.upto.xmax = from.upto.xmax; to.upto.xip = from.upto.xip;
    to.last_xid = from.last_xid; to.last_id = from.last_id; to.exhausted = from.exhausted;
    to.own_xid = from.own_xid; to.own_id = from.own_id;
    to.before_xid = from.before_xid; to.before_id = from.before_id
}

/* So that states which differ in nothing that matters are one. */
inline forget(c) {
    if
    :: repeatable
    :: else ->
        c.number = 0; c.before.xmax = 0; c.before.xip = 0; c.upto.xmax = 0; c.upto.xip = 0; c.last_xid = 0;
        c.last_id = 0; c.exhausted = 0; c.own_xid = 0; c.own_id = 0; c.before_xid = 0; c.before_id = 0;
        now.xmax = 0; now.xip = 0
    fi
}

inline take_snapshot(s) { s.xmax = next_xid; s.xip = running }

/* The first write of a transaction gives it its id: pg_current_xact_id(). */
inline assign_xid(xid) {
    if
    :: xid == 0 -> xid = next_xid; next_xid++; running = running | bit(xid)
    :: else
    fi
}

/* queue.enqueue, queue_internal.redeliver: one more row of the caller's transaction. */
inline append_row(xid) {
    assign_xid(xid);
    rows++;
    row_xid[rows] = xid
}

/* queue_internal.next_window with cursor_snapshot: on to what was committed since `upto`. */
inline next_window(c, now, xid) {
    c.before.xmax = c.upto.xmax; c.before.xip = c.upto.xip;
    c.upto.xmax = now.xmax; c.upto.xip = now.xip;
#ifdef NO_OWN
    if :: xid != 0 -> c.upto.xip = c.upto.xip & ~bit(xid) :: else fi;
#else
    if :: xid != 0 && xid < now.xmax -> c.upto.xip = c.upto.xip | bit(xid) :: else fi;
#endif
    c.before_xid = c.own_xid; c.before_id = c.own_id;
    if :: c.own_xid != xid -> c.own_xid = 0; c.own_id = 0 :: else fi;
    c.last_xid = 0; c.last_id = 0; c.exhausted = false
}

/* The window's next row in the order (xid, id); 0: none. late_rows and range_rows together. */
inline first_row(c, best) {
    best = 0;
    i = 1;
    do
    :: i > rows -> break
    :: i <= rows ->
        if
        :: member(row_xid[i], committed) && in_window(i, c) &&
            (best == 0 || row_xid[i] < row_xid[best]) -> best = i
        :: else
        fi;
        i++
    od;
    i = 0
}

/* queue_internal.hand_out and fate: a row that its own transaction claimed before it committed is passed over. */
inline hand_out(id, c, xid) {
#ifdef NO_BEFORE
    if
#else
    if
    :: row_xid[id] == c.before_xid && id <= c.before_id
#endif
    :: else ->
        assert(taken_by[id] == 0);    /* nothing is handed out twice */
        taken_by[id] = xid
    fi
}

/* queue_internal.take_lane: at most max_rows rows (0: all) of the window, of the next one, and of the caller's own.
 * file_claim comes first here: the number decides whether the caller's cursor is the newest. */
inline take_lane(c, now, xid, max_rows) {
    left = max_rows;
    fresh = false;
    do
    :: c.exhausted && fresh -> break
    :: c.exhausted && !fresh -> next_window(c, now, xid); fresh = true
    :: !c.exhausted ->
        first_row(c, id);
        if
        :: id == 0 -> c.exhausted = true
        :: id != 0 && max_rows != 0 && left == 0 -> break
        :: id != 0 && (max_rows == 0 || left > 0) ->
            c.last_xid = row_xid[id]; c.last_id = id;
            hand_out(id, c, xid);
#ifdef LEAVE_EARLY
            if :: left == 1 -> c.exhausted = true :: else fi;
#endif
            if :: left > 0 -> left-- :: else fi
        fi
    od;
    /* take_own: no snapshot shows these */
    id = 1;
    do
    :: id > rows || !c.exhausted || (max_rows != 0 && left == 0) -> break
    :: else ->
        if
        :: row_xid[id] == xid && (c.own_xid != xid || id > c.own_id) ->
            c.own_xid = xid; c.own_id = id;
            assert(taken_by[id] == 0);
            taken_by[id] = xid;
            if :: left > 0 -> left-- :: else fi
        :: else
        fi;
        id++
    od;
    id = 0; left = 0; fresh = false
}

inline forget_claims(xid) {
    i = 1;
    do
    :: i > rows -> break
    :: i <= rows -> if :: taken_by[i] == xid -> taken_by[i] = 0 :: else fi; i++
    od;
    i = 0
}

inline finish(xid, commits) {
    if
    :: xid == 0
    :: xid != 0 && commits ->
        running = running & ~bit(xid);
        committed = committed | bit(xid);
        if :: writer == xid -> copy_cursor(seen, filed); writer = 0 :: else fi
    :: xid != 0 && !commits ->
        running = running & ~bit(xid);
        forget_claims(xid);
#ifdef CURSOR_STAYS
        if :: writer == xid -> copy_cursor(seen, filed); writer = 0 :: else fi
#else
        if :: writer == xid -> copy_cursor(filed, seen); writer = 0 :: else fi
#endif
    fi;
    if :: lane_lock == _pid -> lane_lock = 0 :: else fi
}

proctype Producer(byte order) {
    byte xid; byte i;
    atomic { producing == order -> producing++; append_row(xid) };
    atomic { append_row(xid) };
    if
    :: atomic { finish(xid, true); xid = 0 }
    :: atomic { finish(xid, false); xid = 0 }
    fi
}

proctype Claimer(byte order) {
    byte xid; byte i; byte id; byte left; byte actions; byte max_rows;
    bool fresh; bool repeatable; bool refused;
    Snapshot now;   /* in REPEATABLE READ: the transaction's snapshot, and the cursor that it shows */
    Cursor c;
    atomic {
        claiming == order -> claiming++;
        if
        :: repeatable = false
        :: repeatable = true; take_snapshot(now); copy_cursor(c, seen)
        fi
    };
    do
    :: actions == ACTIONS || refused -> break
    :: atomic { actions < ACTIONS && !refused && written < WRITES -> append_row(xid); written++; actions++ }
    :: atomic {
        /* claim_jobs: a lane that somebody else holds is left alone */
        actions < ACTIONS && !refused && is_free(lane_lock) -> lane_lock = _pid;
        actions++;
        /* open_lane: the newest claim row, of those that the caller sees */
        if
        :: writer == xid && xid != 0 -> copy_cursor(c, filed)
        :: (writer != xid || xid == 0) && !repeatable -> copy_cursor(c, seen)
        :: else
        fi;
        if :: max_rows = 1 :: max_rows = 0 fi };
        atomic {
        /* file_claim, move_cursor: (lane, number) is unique; who inserts second waits for the first */
        writer == 0 || writer == xid ->
        assign_xid(xid);
        if
#ifndef NO_NUMBER
        :: c.number != filed.number -> refused = true    /* refuse_cursor: 40001 */
#endif
        :: else ->
            if :: !repeatable -> take_snapshot(now) :: else fi;
            take_lane(c, now, xid, max_rows);
            c.number = filed.number + 1;
            copy_cursor(filed, c);
            writer = xid
        fi;
        forget(c); max_rows = 0 }
    od;
    if
    :: atomic { !refused -> finish(xid, true); xid = 0 }
    :: atomic { finish(xid, false); xid = 0 }
    fi
}

/* queue_internal.look, look_closely: whether the lane is worth a claim, from the committed cursor, without its lock. */
inline look(found) {
    found = false;
    i = 1;
    do
    :: i > rows -> break
    :: i <= rows ->
        if
        :: member(row_xid[i], committed) &&
            (!is_in(row_xid[i], seen.upto) || (!seen.exhausted && in_window(i, seen))) -> found = true
        :: else
        fi;
        i++
    od;
    i = 0
}

init {
    byte xid; byte i; byte id; byte left; bool fresh; bool found; bool missing;
    Snapshot now; Cursor c;
    atomic {
        seen.before.xmax = 1; seen.upto.xmax = 1; seen.exhausted = true;    /* first_cursor */
        copy_cursor(filed, seen);
        i = 0; do :: i < PRODUCERS -> run Producer(i); i++ :: else -> break od;
        i = 0; do :: i < CLAIMERS -> run Claimer(i); i++ :: else -> break od;
        i = 0
    };
    atomic {
        _nr_pr == 1 ->
        look(found);
        i = 1;
        do
        :: i > rows -> break
        :: i <= rows ->
            if
            :: member(row_xid[i], committed) && taken_by[i] == 0 -> missing = true
            :: else
            fi;
            i++
        od;
        assert(!missing || found);              /* look misses no lane that has work */
        copy_cursor(c, seen);
        assign_xid(xid);
        take_snapshot(now);
        take_lane(c, now, xid, 0);
        i = 1;
        do
        :: i > rows -> break
        :: i <= rows ->
            assert(!member(row_xid[i], committed) || taken_by[i] != 0);     /* nothing is lost */
            assert(member(row_xid[i], committed) || taken_by[i] == 0);      /* nothing of an aborted transaction */
            i++
        od
    }
}
