"""Which target is reached, and what a run leaves in the document."""

import tempfile
import unittest

from quollbench import measures, record, report, targets
from quollbench.bench import Bench
from quollbench.options import LETTERS, parse
from quollbench.results import Results
from quollbench.systems import Systems

DOCUMENT = """# T
<!-- targets -->

| | target | bound | figure | | date |
|---|---|---|---|---|---|
| (a) | an old one | ≥ 1 | 2.00 | reached | 2001-01-01 |
| (b) | quoll / COPY | ≥ 0.6 | 0.70 | reached | 2001-01-01 |

<!-- end of targets -->
<!-- settings -->
<!-- end of settings -->
<!-- figures a -->
old a
<!-- end of figures a -->
<!-- figures b -->
old b
<!-- end of figures b -->
"""


def bench(arguments: list[str], figures: dict[tuple[str, str], float], letter: str = "a") -> Bench:
    made = Bench(parse(arguments), Systems(), Results())
    made.results.letter = letter
    for (name, system), value in figures.items():
        made.add(name, system, "jobs/s", value)
    return made


def verdicts(made: Bench) -> dict[str, bool | None]:
    return {target.text: target.met for target in targets.all_of(made.results, made.options.only)}


class TargetTests(unittest.TestCase):
    def test_a_bound_is_reached_or_missed_by_the_ratio(self):
        self.assertTrue(verdicts(bench(["--only", "a"], {
            ("enqueue.single", "quoll"): 95, ("enqueue.single", "bare"): 100}))["quoll / bare insert"])
        self.assertFalse(verdicts(bench(["--only", "a"], {
            ("enqueue.single", "quoll"): 94, ("enqueue.single", "bare"): 100}))["quoll / bare insert"])

    def test_an_upper_bound_is_one(self):
        for bytes_, met in ((650, True), (651, False)):
            made = bench(["--only", "h"], {("wal.life", "quoll"): bytes_})
            self.assertEqual(verdicts(made)["WAL of a whole life, bytes"], met)

    def test_a_target_across_measures(self):
        made = bench(["--only", "j"], {("drain.mixed", "quoll"): 60, ("drain.worker", "quoll"): 100})
        self.assertEqual(verdicts(made), {"mixed load / (d)": False})

    def test_scaling_compares_the_most_claimers_with_the_best_number(self):
        for last, met in ((91, True), (89, False)):
            figures = {(f"scaling.workers{n}", "quoll"): rate for n, rate in ((64, last), (1, 50), (8, 100))}
            self.assertEqual(verdicts(bench(["--only", "i"], figures)), {"most claimers / best number": met})

    def test_what_was_not_measured_is_said_so(self):
        made = bench(["--only", "i j"], {})
        self.assertEqual(set(verdicts(made).values()), {None})
        self.assertEqual([target.cells[-2:] for target in targets.all_of(made.results, {"j"})], [["–", "not measured"]])


class RecordTests(unittest.TestCase):
    def setUp(self):
        made = bench(["--only", "a"], {("enqueue.single", "quoll"): 95, ("enqueue.single", "bare"): 100})
        self.text = record.recorded(DOCUMENT, made, {"fsync": "on"}, "2002-02-02")

    def test_the_measured_section_is_replaced_and_the_others_stay(self):
        self.assertNotIn("old a", self.text)
        self.assertIn("enqueue.single", record.place(self.text, "figures a"))
        self.assertEqual(record.place(self.text, "figures b"), "old b")

    def test_so_are_the_targets(self):
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in record.place(self.text, "targets").splitlines()[2:]]
        self.assertEqual([row for row in rows if row[4] != "not measured"], [
            ["(a)", "quoll / bare insert", "≥ 0.95", "0.95", "reached", "2002-02-02"],
            ["(b)", "quoll / COPY", "≥ 0.6", "0.70", "reached", "2001-01-01"]])
        self.assertIn(["(a)", "quoll / textbook", "≥ 1", "–", "not measured", "2002-02-02"], rows)

    def test_twice_is_as_once(self):
        made = bench(["--only", "a"], {("enqueue.single", "quoll"): 95, ("enqueue.single", "bare"): 100})
        self.assertEqual(record.recorded(self.text, made, {"fsync": "on"}, "2002-02-02"), self.text)

    def test_an_earlier_run_is_recorded_from_its_file(self):
        made = bench(["--only", "a"], {("enqueue.single", "quoll"): 95, ("enqueue.single", "bare"): 100})
        made.compare("enqueue.single", "bare")
        with tempfile.TemporaryDirectory() as folder:
            report.write(made, {"fsync": "on"}, f"{folder}/20020202T010203Z.json")
            again = record.recorded(DOCUMENT, *record.load(f"{folder}/20020202T010203Z.json"))
        self.assertEqual(again, record.recorded(DOCUMENT, made, {"fsync": "on"}, "2002-02-02"))

    def test_the_document_has_a_place_for_everything(self):
        with open(record.PATH) as file:
            text = file.read()
        for name in ["targets", "settings", *(f"figures {letter}" for letter in LETTERS)]:
            self.assertEqual(text.count(f"<!-- {name} -->\n"), 1, name)
            record.place(text, name)


    def test_a_ratio_to_a_measure_that_was_not_run_is_not_kept_beside_new_figures(self):
        made = bench(["--only", "j"], {("drain.mixed", "quoll"): 60}, letter="j")
        rows = record.merged("| a |\n|---|\n| (j) | mixed load / (d) | ≥ 0.7 | 0.90 | reached | 2001-01-01 |", made, "2002-02-02")
        self.assertIn("not measured | 2002-02-02", " ".join(rows.split()))

    def test_what_the_figures_are_of_is_beside_them(self):
        self.assertIn("1 run, clients 8, seconds 10:", self.text)
        made = bench(["--only", "a", "--seconds", "2.5"], {("x", "quoll"): 1, ("y", "quoll"): 1})
        made.add("x", "quoll", "jobs/s", 2)
        made.results.failures += ["(a) one, awa: failed", "(b) another, awa: failed"]
        text = record.place(record.recorded(DOCUMENT, made, {}, "2002-02-02"), "figures a")
        self.assertIn("median of 1 to 2 runs, clients 8, seconds 2.5:", text)
        self.assertIn("- failed: (a) one", text)
        self.assertNotIn("(b)", text)


class OptionTests(unittest.TestCase):
    def test_the_lengths_of_each_measure_are_options(self):
        for letter in LETTERS:
            self.assertTrue(parse([]).lengths(letter))
        self.assertEqual(parse([]).lengths("g"), {"backlog_seconds": "10"})

    def test_each_letter_is_a_measure(self):
        self.assertEqual(sorted(measure.LETTER for measure in measures.ALL), list(LETTERS))

    def test_presets_and_options_over_them(self):
        self.assertEqual(parse([]).held_seconds, 300)
        quick = parse(["--preset", "quick", "--seconds", "9"])
        self.assertEqual((quick.only, quick.seconds, quick.rates), (set("acdeh"), 9, [1000]))
        self.assertEqual((quick.rounds_of("a"), quick.rounds_of("h")), (3, 1))
        self.assertEqual(parse(["--preset", "quick", "--rounds", "2"]).rounds_of("h"), 2)
