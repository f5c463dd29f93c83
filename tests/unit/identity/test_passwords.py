"""Passwords: whole, hashed, remembered only while they are right."""

import unittest

from cumulo.common import config
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.identity import options
from cumulo.identity.passwords import PasswordCheck, hash_password, verify
from tests.fixtures.identity import StillClock


class CountingThreads(Threads):
    """Counts how often bcrypt is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def native(self, function, *arguments, **named):  # type: ignore[no-untyped-def]
        """Count the call and make it."""
        self.calls += 1
        return super().native(function, *arguments, **named)


class PasswordsTest(unittest.TestCase):
    """Hashing, verifying, remembering."""

    def setUp(self) -> None:
        self.threads = CountingThreads()
        self.clock = StillClock()
        self.conf = config.load([], registrations=[options])
        self.conf.set_override("password_hash_rounds", 4, "identity")
        self.check = PasswordCheck(self.conf, self.clock, Ids())
        self.stored = hash_password(self.threads, "secret", 4)
        self.threads.calls = 0

    def test_long_passwords_count_to_their_end(self) -> None:
        stored = hash_password(self.threads, "x" * 100 + "a", 4)
        self.assertTrue(verify(self.threads, "x" * 100 + "a", stored, 4))
        self.assertFalse(verify(self.threads, "x" * 100 + "b", stored, 4))

    def test_no_user_costs_the_same_and_is_never_right(self) -> None:
        self.assertFalse(self.check.is_right(self.threads, "secret", None))
        self.assertFalse(self.check.is_right(self.threads, "secret", None))
        self.assertFalse(self.check.is_right(self.threads, "wrong", self.stored))
        self.assertEqual(3, self.threads.calls)

    def test_right_password_is_remembered_for_a_moment(self) -> None:
        for _ in range(3):
            self.assertTrue(self.check.is_right(self.threads, "secret", self.stored))
        self.assertEqual(1, self.threads.calls)
        self.clock.passed_s += 60
        self.assertTrue(self.check.is_right(self.threads, "secret", self.stored))
        self.assertEqual(2, self.threads.calls)

    def test_changed_password_is_not_remembered(self) -> None:
        self.assertTrue(self.check.is_right(self.threads, "secret", self.stored))
        self.assertFalse(self.check.is_right(self.threads, "secret", hash_password(self.threads, "new", 4)))

    def test_memory_can_be_turned_off(self) -> None:
        self.conf.set_override("verified_password_ttl_s", 0, "identity")
        check = PasswordCheck(self.conf, self.clock, Ids())
        for _ in range(2):
            self.assertTrue(check.is_right(self.threads, "secret", self.stored))
        self.assertEqual(2, self.threads.calls)
