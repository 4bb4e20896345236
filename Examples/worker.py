#!/usr/bin/env python3
"""A worker in Python: DATABASE_URL=postgresql://… worker.py QUEUE. Needs psycopg 3; ends at SIGTERM."""
import os
import signal
import socket
import sys
import threading

import psycopg
from psycopg.types.json import Jsonb

# What to do with jobs of each kind; only these are claimed. The value returned is the job's result.
HANDLERS = {"square": lambda payload: {"square": payload["n"] ** 2}}
CLAIM = "select * from queue.claim_batch(queue => %s, worker => %s, max_jobs => 5, kinds => %s)"
COMPLETE = "select queue.complete(job_id => %s, lease_token => %s, result => %s)"
FAIL = "select queue.fail(job_id => %s, lease_token => %s, error_code => %s, error_message => %s)"


def work(connection, queue):
    """Claims a few jobs and settles each; what follows from a failure is decided in SQL."""
    name = f"python {socket.gethostname()}:{os.getpid()}"
    jobs = connection.execute(CLAIM, (queue, name, list(HANDLERS))).fetchall()
    for job_id, lease_token, _attempt, _max_attempts, kind, payload, *_ in jobs:
        try:
            result = HANDLERS[kind](payload)
        except Exception as error:
            connection.execute(FAIL, (job_id, lease_token, type(error).__name__, str(error)))
        else:
            connection.execute(COMPLETE, (job_id, lease_token, Jsonb(result)))
    return len(jobs)


stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    while not stopping.is_set():
        if work(connection, sys.argv[1]) == 0:
            stopping.wait(0.5)
