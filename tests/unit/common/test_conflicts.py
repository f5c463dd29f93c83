"""The table of conflicts and its page."""

import pathlib
import unittest

from cumulo.common import errors
from cumulo.common.flows import conflicts

PAGE = pathlib.Path(__file__).resolve().parents[3] / "doc" / "conflicts.md"


class ConflictsTest(unittest.TestCase):
    """What the table says, and that it says it once."""

    def test_the_page_is_the_table(self) -> None:
        self.assertEqual(conflicts.page(), PAGE.read_text(encoding="utf-8"),
                         "Run: python -m cumulo.common.flows.conflicts > doc/conflicts.md")

    def test_no_meeting_is_listed_twice(self) -> None:
        self.assertEqual(len(conflicts.THINGS), conflicts.page().count("\n| ") - len(conflicts.OPERATIONS) - 2)

    def test_a_cancelled_operation_is_a_deletion(self) -> None:
        running = {"flow": "build_server", "cancel": False}
        self.assertIs(conflicts.CANCELS, conflicts.judge("delete", running))
        self.assertIs(conflicts.ALLOWED, conflicts.judge("delete", running | {"cancel": True}))

    def test_only_what_is_refused_raises(self) -> None:
        refusal = errors.Conflict("in use")
        with self.assertRaises(errors.Conflict):
            conflicts.meet("delete a network", "a port in it", refusal)
        conflicts.meet("delete a flavor", "a server of it", refusal)
        with self.assertRaises(KeyError):
            conflicts.meet("delete a network", "something not in the table", refusal)

    def test_nobody_looks_for_an_operation_that_cannot_matter(self) -> None:
        self.assertFalse(conflicts.matters("update"))
        self.assertTrue(conflicts.matters("delete"))
