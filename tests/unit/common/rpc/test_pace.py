"""The wait before connecting again."""

import unittest

from cumulo.common.rpc.pace import Pace, backoff_s


class BackoffTest(unittest.TestCase):
    """Doubles, is spread, ends somewhere."""

    def test_it_doubles_up_to_the_most(self) -> None:
        pace = Pace(backoff_first_s=1, backoff_most_s=5)
        self.assertEqual([0.5, 1, 2, 2.5, 2.5], [backoff_s(pace, attempt, 0.0) for attempt in (1, 2, 3, 4, 1000)])

    def test_chance_spreads_it_over_half_its_length(self) -> None:
        pace = Pace(backoff_first_s=1, backoff_most_s=5)
        self.assertEqual([0.5, 0.75], [backoff_s(pace, 1, chance) for chance in (0.0, 0.5)])

    def test_deafness_is_known_within_fifteen_seconds(self) -> None:
        self.assertLessEqual(Pace().deaf_after_s + Pace().tick_s, 15)
