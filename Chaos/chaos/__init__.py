"""Real faults under load, and a ledger outside the database that shows what became of every job."""

import logging

logging.getLogger("psycopg").setLevel(logging.ERROR)  # connections break all the time: that is the point
