"""What is remembered of one generation."""

import unittest

from cumulo.identity import memory
from cumulo.identity.memory import Memory


class MemoryTest(unittest.TestCase):
    """Recalling and keeping."""

    def test_another_generation_recalls_nothing(self) -> None:
        kept = Memory()
        kept.keep(5, "key", "five")
        self.assertEqual(["five", None, None], [kept.recall(number, "key") for number in (5, 6, 4)])

    def test_a_newer_generation_drops_the_older_ones_values(self) -> None:
        kept = Memory()
        kept.keep(5, "key", "five")
        kept.keep(6, "other", "six")
        kept.keep(5, "other", "late")
        self.assertIsNone(kept.recall(5, "key"))
        self.assertIsNone(kept.recall(6, "other"))
        self.assertEqual("late", kept.recall(5, "other"))

    def test_it_is_bounded(self) -> None:
        kept = Memory()
        for number in range(memory.MOST + 5):
            kept.keep(1, number, number)
        self.assertIsNone(kept.recall(1, 0))
        self.assertEqual(memory.MOST + 4, kept.recall(1, memory.MOST + 4))
