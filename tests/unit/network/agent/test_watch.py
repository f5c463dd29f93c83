"""Watching gateways: what counts as silence."""

import struct
import unittest

from cumulo.network.agent.watch import MISSES, REPORT_AGAIN_S, Watched, echo

AGAIN = round(REPORT_AGAIN_S / 0.05)


class WatchedTest(unittest.TestCase):
    """One address, round after round."""

    def test_who_never_answered_is_never_silent(self) -> None:
        watched = Watched()
        self.assertFalse(any(watched.round(False) for _ in range(200)))

    def test_silence_is_reported_after_some_misses_and_again_a_second_later(self) -> None:
        watched = Watched()
        watched.round(True)
        rounds = [watched.round(False) for _ in range(MISSES + AGAIN)]
        self.assertEqual([MISSES - 1, MISSES - 1 + AGAIN], [number for number, said in enumerate(rounds) if said])

    def test_an_answer_begins_anew(self) -> None:
        watched = Watched()
        watched.round(True)
        for _ in range(50):
            self.assertFalse(any([*(watched.round(False) for _ in range(MISSES - 1)), watched.round(True)]))

    def test_an_echo_sums_up_to_nothing(self) -> None:
        for identifier, number in ((0, 0), (0xFFFF, 0xFFFF), (0x1234, 7)):
            total = sum(struct.unpack("!4H", echo(identifier, number)))
            self.assertEqual(0xFFFF, (total & 0xFFFF) + (total >> 16))


if __name__ == "__main__":
    unittest.main()
