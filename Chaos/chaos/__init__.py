"""Real faults under load, and a ledger outside the database that shows what became of every job."""
