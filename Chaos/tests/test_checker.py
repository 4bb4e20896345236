"""The checker accepts honest books and refuses doctored ones: each test changes one thing and names the rule broken."""

import dataclasses
import os
import tempfile
import unittest

from chaos import account, checker
from chaos.evidence import Attempt, Evidence

PRODUCER = """\
I 100 0 1 10 2
C 100 0 1 1,2
I 100 0 2 12 1
A 100 0 2 statement_timeout
I 100 0 3 13 2
U 100 0 3 connection_lost
I 100 0 4 15 1
"""

# Job 1 succeeds at once. Job 2 is lost by a frozen worker, whose settle is stale, and then done by another.
WORKERS = {
    "python-1": """\
K 101 0 71 104 1:1,2:1
S 101 0 1 1 71
S 101 0 2 1 71
T 101 0 complete 71 1
V 102 0 complete 71 1:ok
T 108 0 complete 71 2
V 108 0 complete 71 2:stale
""",
    "python-2": """\
K 105 0 72 108 2:2
S 105 0 2 2 72
T 105 0 complete 72 2
E 105 0 complete 72 connection_lost
T 106 0 complete 72 2
V 106 0 complete 72 2:stale
""",
}


def honest() -> Evidence:
    evidence = Evidence(references={1: 10, 2: 11, 3: 13, 4: 14})
    evidence.behaviours[4] = "dead"
    evidence.attempts[1] = [Attempt(71, 1, "succeeded", 101, 102, 104, "python-1")]
    evidence.attempts[2] = [Attempt(71, 1, "lost", 101, 104.5, 104, "python-1"),
                            Attempt(72, 2, "succeeded", 105, 105.5, 108, "python-2")]
    evidence.attempts[3] = [Attempt(73, 1, "succeeded", 101, 102, 104, "swift-1")]
    evidence.attempts[4] = [Attempt(74, 1, "failed", 101, 102, 104, "swift-1")]
    evidence.dead[4] = "NON_RETRYABLE"
    evidence.states = {1: "succeeded", 4: "dead"}
    return evidence


SWIFT = "S 101.5 0 3 1 0\nS 101.6 0 4 1 0\n"


class CheckerTests(unittest.TestCase):
    def refusals(self, evidence=None, producer=PRODUCER, swift=SWIFT, forgiven=None, clock=True, **workers) -> set[str]:
        """The rules that are refused with these books; workers replace those named with _ for -."""
        files = {"producer-1": producer, "hook": swift, **WORKERS}
        files.update({name.replace("_", "-"): text for name, text in workers.items()})
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                with open(os.path.join(folder, f"{name}.ledger"), "w", encoding="utf-8") as file:
                    file.write(text)
            books = account.read(folder)
        return set(checker.check(books, evidence or honest(), forgiven, clock).refusals)

    def change(self, job: int, place: int, **fields) -> Evidence:
        evidence = honest()
        evidence.attempts[job][place] = dataclasses.replace(evidence.attempts[job][place], **fields)
        return evidence

    def test_accepts_honest_books(self):
        self.assertEqual(self.refusals(), set())

    def test_ignores_a_line_that_a_killed_process_did_not_finish(self):
        self.assertEqual(self.refusals(swift=SWIFT + "S 101.7 0 99"), set())

    def test_refuses_a_line_that_says_nothing(self):
        self.assertEqual(self.refusals(swift=SWIFT + "Z 1 1 1\n"), {"the ledger is readable"})

    def test_refuses_a_committed_job_that_is_gone(self):
        evidence = honest()
        del evidence.references[1]
        self.assertIn("what was committed is there", self.refusals(evidence))

    def test_refuses_a_committed_job_under_another_id(self):
        self.assertIn("what was committed is there", self.refusals(producer=PRODUCER.replace("1,2", "2,1")))

    def test_refuses_a_job_that_was_enqueued_twice(self):
        evidence = honest()
        evidence.references[5] = 13
        evidence.attempts[5] = [Attempt(75, 1, "succeeded", 101, 102, 104, "swift-1")]
        self.assertEqual(self.refusals(evidence, swift=SWIFT + "S 101.7 0 5 1 0\n"), {"a job is enqueued once"})

    def test_refuses_an_aborted_job_that_is_there(self):
        self.assertIn("what was aborted is not there", self.refusals(producer=PRODUCER.replace("U 100", "A 100")))

    def test_refuses_half_a_batch(self):
        evidence = honest()
        del evidence.references[4]
        self.assertIn("an enqueue is atomic", self.refusals(evidence))

    def test_takes_a_batch_whose_producer_was_killed_whole_or_not_at_all(self):
        killed = "".join(line for line in PRODUCER.splitlines(True) if not line.startswith("U "))
        self.assertNotEqual(killed, PRODUCER)
        self.assertEqual(set(), self.refusals(producer=killed))
        evidence = honest()
        del evidence.references[4]
        self.assertIn("an enqueue is atomic", self.refusals(evidence, producer=killed))

    def test_refuses_a_job_that_nobody_asked_for(self):
        evidence = honest()
        evidence.references[5] = 99
        self.assertIn("every job was asked for", self.refusals(evidence))

    def test_refuses_a_job_that_has_not_ended(self):
        self.assertIn("every job ends exactly once", self.refusals(self.change(3, 0, outcome="failed")))

    def test_refuses_a_job_with_two_ends(self):
        evidence = honest()
        evidence.dead[1] = "WORKER_LOST"
        self.assertIn("every job ends exactly once", self.refusals(evidence))

    def test_refuses_a_job_that_succeeded_twice(self):
        self.assertIn("every job ends exactly once", self.refusals(self.change(2, 0, outcome="succeeded")))

    def test_refuses_a_get_job_that_says_otherwise(self):
        evidence = honest()
        evidence.states[1] = "running"
        self.assertEqual(self.refusals(evidence), {"get_job tells the end"})

    def test_refuses_the_death_of_a_job_that_was_not_doomed(self):
        evidence = honest()
        del evidence.behaviours[4]
        self.assertEqual(self.refusals(evidence), {"only doomed jobs die"})

    def test_refuses_two_oks_for_one_attempt(self):
        again = "T 103 0 complete 71 1\nV 103 0 complete 71 1:ok\n"
        self.assertEqual(self.refusals(python_1=WORKERS["python-1"] + again), {"ok is given once for an attempt"})

    def test_refuses_an_ok_that_the_database_forgot(self):
        self.assertIn("ok is durable", self.refusals(self.change(1, 0, outcome="failed")))

    def test_refuses_an_ok_of_an_attempt_that_was_reaped(self):
        said = WORKERS["python-1"].replace("2:stale", "2:ok")
        self.assertIn("a settled attempt is not lost", self.refusals(python_1=said))

    def test_refuses_a_stale_without_a_reason(self):
        said = WORKERS["python-1"].replace("1:ok", "1:stale")
        self.assertEqual(self.refusals(python_1=said), {"stale has a reason"})

    def test_refuses_a_job_called_missing(self):
        said = WORKERS["python-1"].replace("2:stale", "2:missing")
        self.assertEqual(self.refusals(python_1=said), {"no other verdict is due"})

    def test_refuses_a_handler_of_a_job_that_never_was(self):
        self.assertEqual(self.refusals(swift=SWIFT + "S 101 0 99 1 0\n"), {"only what was committed is handled"})

    def test_refuses_a_second_handler_for_one_attempt(self):
        self.assertEqual(self.refusals(swift=SWIFT + "S 102 0 3 1 0\n"), {"an attempt is handled once"})

    def test_refuses_a_second_handler_for_a_job_that_has_ended(self):
        self.assertEqual(self.refusals(swift=SWIFT + "S 102 0 3 2 0\n"), {"an attempt is handled once"})

    def test_refuses_a_success_without_a_handler(self):
        self.assertEqual(self.refusals(swift=SWIFT.split("\n", 1)[1]), {"success has a handler"})

    def test_refuses_a_claim_after_the_end(self):
        evidence = honest()
        evidence.attempts[3].append(Attempt(76, 2, "lost", 103, 107, 106, "swift-2"))
        self.assertIn("nothing follows the end", self.refusals(evidence))

    def test_refuses_a_claim_while_the_lease_held(self):
        self.assertEqual(self.refusals(self.change(2, 1, claimed=103)), {"one worker at a time"})

    def test_refuses_a_lease_that_was_taken_early(self):
        refused = self.refusals(self.change(2, 0, finished=103.5))
        self.assertEqual(refused, {"a lease is not taken early", "a lease lasts as long as claim and heartbeat said"})

    def test_refuses_a_lease_that_was_taken_although_a_heartbeat_was_ok(self):
        said = WORKERS["python-1"] + "H 103 0 105 71 2:ok\n"
        self.assertEqual(self.refusals(python_1=said), {"a lease lasts as long as claim and heartbeat said"})

    def test_accepts_a_lease_that_was_taken_after_a_heartbeat_was_stale(self):
        self.assertEqual(self.refusals(python_1=WORKERS["python-1"] + "H 103 0 105 71 2:stale\n"), set())

    def test_refuses_an_attempt_that_nobody_closed(self):
        evidence = honest()
        evidence.attempts[3].insert(0, Attempt(76, 1, "open", 100, float("inf"), 103, "swift-2"))
        self.assertIn("every attempt is closed", self.refusals(evidence))

    def test_forgives_only_what_was_answered_while_it_might_be_lost(self):
        evidence = honest()
        for job in 1, 2:
            del evidence.references[job], evidence.attempts[job]
        forgiven = self.refusals(evidence, forgiven=(100, 110))
        self.assertEqual(forgiven, set())
        for since, until in (100.5, 110), (90, 99):
            self.assertIn("what was committed is there", self.refusals(evidence, forgiven=(since, until)))

    def test_forgives_a_handler_whose_claim_was_lost_and_not_one_from_before(self):
        evidence = honest()
        evidence.attempts[1] = [Attempt(77, 1, "succeeded", 112, 113, 115, "python-2")]
        later = WORKERS["python-2"] + "K 112 0 77 115 1:1\nS 112 0 1 1 77\n"
        self.assertEqual(self.refusals(evidence, forgiven=(100.9, 110), python_2=later), set())
        refused = self.refusals(evidence, forgiven=(103, 110), python_2=later)
        self.assertEqual(refused, {"an attempt is handled once", "ok is durable"})

    def test_forgives_no_half_of_a_batch(self):
        evidence = honest()
        del evidence.references[1]
        self.assertIn("an enqueue is atomic", self.refusals(evidence, forgiven=(90, 110)))

    def test_holds_nothing_against_times_when_the_clock_was_stepped(self):
        evidence = self.change(2, 1, claimed=103)
        self.assertEqual(self.refusals(evidence, clock=False), set())

    def test_accepts_a_job_that_was_released_and_claimed_again_at_an_earlier_time(self):
        evidence = honest()
        evidence.attempts[3] = [Attempt(76, 1, "succeeded", 91, 92, 94, "swift-1"),
                                Attempt(73, 1, "released", 101, 102, 104, "swift-1")]
        self.assertIn("nothing follows the end", self.refusals(evidence, clock=False))
        evidence.arrange()
        self.assertEqual(self.refusals(evidence, swift=SWIFT + "S 101.7 0 3 1 0\n", clock=False), set())

    def test_refuses_a_handler_before_its_claim(self):
        self.assertEqual(self.refusals(python_2=WORKERS["python-2"].replace("S 105 0 2", "S 104.8 0 2")),
                         {"a handler starts after its claim"})


if __name__ == "__main__":
    unittest.main()
