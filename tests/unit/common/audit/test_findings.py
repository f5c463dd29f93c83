"""Findings over time: what is new, what counts, what is forgotten."""

import dataclasses
import unittest

from cumulo.common.audit import findings
from cumulo.common.audit.difference import Difference
from tests.fixtures.database import temporary_database

STRAY = Difference("domain_without_server", "s", "domain s on host h1", "no server row", host="h1", server_id="s",
                   heard=("compute.h1",))
MADE = {"s": {"id": "o", "flow": "delete_server", "phase": "done", "step": "forget", "request_id": "req"}}


class FindingsTest(unittest.TestCase):
    """begin, record, report at times of the test's own."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)

    def look(self, now: float, *seen: Difference, silent: str = "") -> findings.Report:
        """Make a gathering at a time; return the report right after it."""
        unheard = [{"target": silent, "reason": "away"}] if silent else []
        with self.database.write() as connection:
            turn = findings.begin(connection, now, 30.0)
            assert turn is not None
            self.assertTrue(findings.record(connection, now, turn, seen, MADE, unheard=unheard, took_s=0.5))
            return findings.report(connection, now + 1)

    def test_nothing_has_been_looked_at(self) -> None:
        with self.database.read() as connection:
            self.assertEqual(findings.Report(None, None, (), (), ()), findings.report(connection, 7.0))

    def test_a_difference_counts_after_a_minute_of_being_seen(self) -> None:
        for now, counts in ((100.0, False), (130.0, False), (159.0 + 1, True), (190.0, True)):
            said = self.look(now, STRAY)
            self.assertEqual((int(counts), int(not counts)), (len(said.differences), len(said.young)), now)
        (found,) = said.differences
        self.assertEqual((MADE["s"], 4, 91.0), (found["operation"], found["times"], found["age_s"]))
        self.assertEqual((1.0, 0.5), (said.age_s, said.took_s))

    def test_time_alone_makes_nothing_count(self) -> None:
        self.look(100.0, STRAY)
        with self.database.read() as connection:
            self.assertEqual(0, len(findings.report(connection, 900.0).differences))

    def test_one_miss_begins_anew(self) -> None:
        self.look(100.0, STRAY)
        self.assertEqual((), self.look(130.0).young)
        self.assertEqual(0, len(self.look(161.0, STRAY).differences))

    def test_what_a_silent_host_had_stays_and_does_not_age(self) -> None:
        self.look(100.0, STRAY)
        said = self.look(161.0, silent="compute.h1")
        self.assertEqual((1, 0, "compute.h1"), (len(said.young), len(said.differences), said.unheard[0]["target"]))
        self.assertEqual(0, len(self.look(192.0, silent="compute.h2").young))

    def test_both_sides_are_those_of_the_last_look(self) -> None:
        self.look(100.0, STRAY)
        said = self.look(130.0, dataclasses.replace(STRAY, other="the server is deleted"))
        self.assertEqual(["the server is deleted"], [each["other"] for each in said.young])

    def test_only_the_newest_turn_records(self) -> None:
        with self.database.write() as connection:
            first = findings.begin(connection, 100.0, 30.0)
            second = findings.begin(connection, 131.0, 30.0)
            assert first is not None and second is not None
            self.assertFalse(findings.record(connection, 132.0, first, [STRAY], {}, unheard=[], took_s=1.0))
            self.assertTrue(findings.record(connection, 133.0, second, [], {}, unheard=[], took_s=1.0))
            self.assertEqual((), findings.report(connection, 134.0).young)

    def test_the_same_difference_has_the_same_id(self) -> None:
        self.assertEqual(STRAY.id, dataclasses.replace(STRAY, one="a", other="b").id)
        self.assertNotEqual(STRAY.id, dataclasses.replace(STRAY, host="h2").id)
        self.assertNotEqual(STRAY.id, dataclasses.replace(STRAY, mark="x").id)


if __name__ == "__main__":
    unittest.main()
