"""What a producer writes of its batches."""

import contextlib
import tempfile
import types
import unittest
from pathlib import Path

from psycopg.pq import TransactionStatus

from chaos.producer import Producer


class Connection:
    """Answers everything, and is found in a state at the end."""

    closed = False

    def __init__(self, status: TransactionStatus):
        self.info = types.SimpleNamespace(transaction_status=status)
        self.jobs = 0

    def close(self):
        self.closed = True

    def transaction(self, **_options):
        return contextlib.nullcontext()

    def execute(self, *_statement):
        return self

    def fetchone(self):
        self.jobs += 1
        return [self.jobs]


class ProducerTests(unittest.TestCase):
    def letters(self, status: TransactionStatus) -> str:
        with tempfile.TemporaryDirectory() as folder:
            producer = Producer(folder, 1, "", 1, 1, 100)
            producer.connection = Connection(status)
            producer.singly()
            text = Path(folder, "producer-1.ledger").read_text(encoding="utf-8")
        return "".join(line[0] for line in text.splitlines())

    def test_a_commit_is_written_of(self):
        self.assertEqual(self.letters(TransactionStatus.INTRANS), "IC")

    def test_a_connection_lost_at_a_savepoint_is_no_commit(self):
        self.assertEqual(self.letters(TransactionStatus.UNKNOWN), "IU")

    def test_a_savepoint_that_could_not_be_undone_is_no_commit(self):
        self.assertEqual(self.letters(TransactionStatus.INERROR), "IU")

    def test_a_transaction_that_could_not_be_rolled_back_ends_with_its_connection(self):
        with tempfile.TemporaryDirectory() as folder:
            producer = Producer(folder, 1, "", 1, 1, 100)
            producer.connection = Connection(TransactionStatus.INERROR)
            self.assertFalse(producer.is_connected())
            self.assertTrue(producer.connection.closed)


if __name__ == "__main__":
    unittest.main()
