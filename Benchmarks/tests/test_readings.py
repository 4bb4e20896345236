"""What is read from pgbench, from workers and from records of times; a steady rate."""

import asyncio
import json
import os
import struct
import tempfile
import unittest

from quollbench import pgbench
from quollbench.actors.clock import at_rate
from quollbench.measures.bulk import jsonb_array
from quollbench.measures.latency import read
from quollbench.process import ProcessFailure
from quollbench.runner import was_stopped
from quollbench.workers import Progress

OUTPUT = """transaction type: life.sql
number of failed transactions: 0 (0.000%)
latency average = 2.500 ms
initial connection time = 9.9 ms
tps = 400.125000 (without initial connection time)
"""


class PgbenchTests(unittest.TestCase):
    def test_rate_and_mean_time(self):
        self.assertEqual(pgbench.parse(OUTPUT), pgbench.Answer(400.125, 2.5))

    def test_a_run_with_failures_is_no_figure(self):
        for output in (OUTPUT.replace(": 0 (", ": 3 ("), "client 1 aborted in command 0\n" + OUTPUT, "nothing"):
            with self.assertRaises(ProcessFailure):
                pgbench.parse(output)

    def test_a_line_of_its_log(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            file.write("0 17 2500 0 1700000000 250000\n")
            file.flush()
            self.assertEqual(pgbench.read_log(file.name), [pgbench.Timing(1700000000.25, 2.5)])


class ParameterTests(unittest.TestCase):
    def test_an_array_of_documents_as_the_protocol_has_it(self):
        made = jsonb_array(range(7, 9))
        self.assertEqual(struct.unpack_from("!iiIii", made), (1, 0, 3802, 2, 1))
        numbers, at = [], 20
        while at < len(made):
            length, version = struct.unpack_from("!iB", made, at)
            self.assertEqual(version, 1)
            numbers.append(json.loads(made[at + 5:at + 4 + length])["n"])
            at += 4 + length
        self.assertEqual(numbers, [7, 8])


class SignalTests(unittest.TestCase):
    def test_an_error_while_tidying_up_does_not_hide_the_signal(self):
        def failing(cause: BaseException) -> Exception:
            try:
                try:
                    raise cause
                finally:
                    raise OSError("the server is gone")
            except Exception as error:
                return error

        self.assertTrue(was_stopped(failing(SystemExit(1))))
        self.assertFalse(was_stopped(failing(ValueError())))


class TimeTests(unittest.TestCase):
    def test_the_first_start_of_a_job_counts(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "started")
            with open(path, "w") as file:
                file.write("1 100\n2 200\n1 900\n")
            self.assertEqual(read(path), {1: 100, 2: 200})
            with self.assertRaises(ProcessFailure):
                read(path + ".none")

    def test_seconds_between_first_and_last(self):
        self.assertEqual(Progress(handled=5, first=1_000_000_000, last=3_500_000_000).seconds, 2.5)

    def test_a_steady_rate_does_not_wait_for_slow_calls(self):
        numbers = []

        async def slow(number):
            await asyncio.sleep(0.05)
            numbers.append(number)

        self.assertEqual(asyncio.run(at_rate(100, 0.5, 20, slow)), 50)
        self.assertEqual(sorted(numbers), list(range(50)))
