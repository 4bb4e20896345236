"""What is said of samples: medians, spread, ratios, percentiles, slices of time."""

import math
import unittest

from quollbench import report
from quollbench.measures.held import growth, last_of, settled, sliced
from quollbench.results import Results, Row, percentile


class PercentileTests(unittest.TestCase):
    def test_is_the_nearest_rank(self):
        hundred = list(range(100, 0, -1))
        self.assertEqual([percentile(hundred, part) for part in (0.5, 0.95, 0.99, 1)], [50, 95, 99, 100])
        self.assertEqual([percentile([1, 2, 3, 4], part) for part in (0, 0.25, 0.26, 0.5, 0.75)], [1, 1, 2, 2, 3])
        self.assertEqual(percentile([7], 0.99), 7)

    def test_of_nothing_is_not_a_number(self):
        self.assertTrue(math.isnan(percentile([], 0.5)))


class GrowthTests(unittest.TestCase):
    def test_twice_the_size_at_twice_the_rate_is_none(self):
        self.assertEqual(growth([1, 2, 4], [10, 10, 20]), 1)

    def test_at_the_same_rate_it_is_that_of_the_sizes(self):
        self.assertEqual(growth([1, 2, 3, 3, 5], [7, 7, 7, 7, 7]), 5 / 3)

    def test_what_a_queue_grows_by_was_not_settled(self):
        self.assertEqual(settled([100, 100, 100], [7, 7, 57, 47], 10), [10, 5, 11])

    def test_a_part_without_a_look_has_the_depth_of_the_one_before(self):
        self.assertEqual(last_of([[], [7, 8], []], 5), [5, 8, 8])


class RowTests(unittest.TestCase):
    def test_median_and_spread(self):
        row = Row("n", "s", "u", [4, 1, 2])
        self.assertEqual((row.median, row.spread), (2, 0.75))
        self.assertEqual(Row("n", "s", "u", [1, 2, 3, 10]).median, 2.5)
        self.assertEqual(Row("n", "s", "u", [0, 0]).spread, 0)

    def test_ratios_are_of_medians_to_the_base_of_the_name(self):
        results = Results(bases={"x": "b"})
        for value in (10, 30, 20):
            results.add("x", "a", "u", value)
        for value in (4, 5, 100):
            results.add("x", "b", "u", value)
        rows = {row.system: row for row in results.rows()}
        self.assertEqual((rows["a"].ratio, rows["a"].base, rows["b"].ratio), (4, "b", 1))

    def test_without_a_base_there_is_no_ratio(self):
        results = Results()
        results.add("x", "a", "u", 1)
        results.add("y", "a", "u", 1)
        results.add("y", "textbook", "u", 0)
        self.assertEqual([row.ratio for row in results.rows()], [None, None, None])

    def test_rows_of_a_name_stay_together_with_their_letter(self):
        results = Results()
        results.letter = "c"
        for name, system in (("x", "a"), ("y", "a"), ("x", "b"), ("x", "a")):
            results.add(name, system, "u", 1)
        results.add("z", "a", "u", 1, letter="k")
        self.assertEqual(
            [(row.name, row.system, row.letter, len(row.values)) for row in results.rows()],
            [("x", "a", "c", 2), ("x", "b", "c", 1), ("y", "a", "c", 1), ("z", "a", "k", 1)])

    def test_what_is_no_number_does_not_count(self):
        results = Results()
        for value in (math.nan, math.inf, 3):
            results.add("x", "a", "u", value)
        self.assertEqual([row.values for row in results.rows()], [[3]])
        self.assertIsNone(results.median("x", "b"))


class SliceTests(unittest.TestCase):
    def test_values_fall_into_equal_parts_of_the_time(self):
        pairs = [(99.9, "before"), (100, 1), (101.9, 2), (102, 3), (109.9, 4), (110, "after")]
        self.assertEqual(sliced(pairs, 5, 10, start=100), [[1, 2], [3], [], [], [4]])

    def test_the_first_value_starts_the_time(self):
        self.assertEqual(sliced([(51, 2), (50, 1)], 2, 2), [[1], [2]])


class ReportTests(unittest.TestCase):
    def rows(self):
        results = Results(bases={"x": "b"})
        for system, values in (("a", (1, 2, 3)), ("b", (4, 4, 4))):
            for value in values:
                results.add("x", system, "ms p50", value)
        return results.rows()

    def test_a_line_for_programs(self):
        self.assertEqual(report.lines(self.rows())[0],
                         'BENCH name=x system=a value=2 unit="ms p50" ratio=0.500 base=b min=1 max=3 runs=3')

    def test_a_line_for_people(self):
        self.assertEqual(report.cells_of(self.rows())[0], ["x", "a", "2", "ms p50", "±50%", "0.50 × b"])

    def test_parts_of_a_stretch_of_time_share_a_line(self):
        results = Results()
        for number in (1, 2, 3):
            results.add(f"r.slice{number}", "a", "ms", number)
        self.assertEqual(report.cells_of(results.rows()), [["r", "a", "1, 2, 3", "ms", "", ""]])

    def test_figures_that_count(self):
        self.assertEqual([report.number(v) for v in (12345.6, 99.94, 9.876, 0.01234)],
                         ["12,346", "99.9", "9.88", "0.0123"])
