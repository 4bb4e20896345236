"""What a producer writes of its batches."""

import contextlib
import tempfile
import unittest
from pathlib import Path

from chaos.producer import Producer


class Connection:
    """Answers everything, and is found closed or open at the end."""

    def __init__(self, closed: bool):
        self.closed = closed
        self.jobs = 0

    def transaction(self, **_options):
        return contextlib.nullcontext()

    def execute(self, *_statement):
        return self

    def fetchone(self):
        self.jobs += 1
        return [self.jobs]


class ProducerTests(unittest.TestCase):
    def letters(self, closed: bool) -> str:
        with tempfile.TemporaryDirectory() as folder:
            producer = Producer(folder, 1, "", 1, 1, 100)
            producer.connection = Connection(closed)
            producer.singly()
            text = Path(folder, "producer-1.ledger").read_text(encoding="utf-8")
        return "".join(line[0] for line in text.splitlines())

    def test_a_commit_is_written_of(self):
        self.assertEqual(self.letters(closed=False), "IC")

    def test_a_connection_lost_at_a_savepoint_is_no_commit(self):
        self.assertEqual(self.letters(closed=True), "IU")


if __name__ == "__main__":
    unittest.main()
