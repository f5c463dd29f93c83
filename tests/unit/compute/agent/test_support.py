"""What drivers declare, what they refuse, and the page that tells it."""

import pathlib
import unittest

from cumulo.common import errors
from cumulo.compute.agent import support

PAGE = pathlib.Path(__file__).parents[4] / "doc" / "support-matrix.md"


class SupportTest(unittest.TestCase):
    """cumulo/compute/agent/support.py"""

    def test_the_page_is_what_drivers_declare(self) -> None:
        self.assertEqual(support.page(), PAGE.read_text(encoding="utf-8"),
                         "Write it again: python -m cumulo.compute.agent.support > doc/support-matrix.md")

    def test_only_what_is_named_is_declared(self) -> None:
        for name, has in support.DRIVERS:
            self.assertLessEqual(has, set(support.FEATURES), name)

    def test_what_is_not_there_is_refused_in_words(self) -> None:
        support.require(support.LXC, "pause")
        with self.assertRaisesRegex(errors.Conflict, "cannot do that: suspend and resume"):
            support.require(support.LXC, "suspend")
