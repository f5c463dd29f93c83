"""Passwords: whole, hashed, remembered only while they are right."""

import unittest
import unittest.mock

import sqlalchemy as sa

from cumulo.common import config
from cumulo.common.db.tables import identity as tables
from cumulo.common.errors import Unauthorized
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.identity import authenticate, options, passwords
from cumulo.identity.authenticate import Reference
from cumulo.identity.passwords import PasswordCheck, hash_password, verify
from tests.fixtures.identity import PASSWORD, Identity, StillClock


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

    def test_what_is_remembered_goes_when_its_time_is_over(self) -> None:
        for password in ("one", "two"):
            self.assertTrue(self.check.is_right(self.threads, password, hash_password(self.threads, password, 4)))
            self.clock.passed_s += 30
        self.assertEqual(2, self.check.remembered)
        self.check.drop_old()
        self.assertEqual(1, self.check.remembered)
        self.clock.passed_s += 30
        self.check.drop_old()
        self.assertEqual(0, self.check.remembered)

    def test_being_used_prolongs_nothing(self) -> None:
        for _ in range(7):
            self.assertTrue(self.check.is_right(self.threads, "secret", self.stored))
            self.clock.passed_s += 10
        self.assertEqual(2, self.threads.calls)

    def test_each_process_has_digests_of_its_own(self) -> None:
        self.assertTrue(self.check.is_right(self.threads, "secret", self.stored))
        self.assertTrue(PasswordCheck(self.conf, self.clock, Ids()).is_right(self.threads, "secret", self.stored))
        self.assertEqual(2, self.threads.calls)

    def test_memory_is_bounded(self) -> None:
        with unittest.mock.patch.object(passwords, "MAX_REMEMBERED", 3):
            for number in range(5):
                password = f"secret {number}"
                self.assertTrue(self.check.is_right(self.threads, password, hash_password(self.threads, password, 4)))
        self.assertEqual(3, self.check.remembered)


class LoginTest(unittest.TestCase):
    """What a login costs, and so tells, whoever sends it."""

    def setUp(self) -> None:
        self.cloud = Identity()
        self.addCleanup(self.cloud.close)
        self.threads = CountingThreads()

    def cost(self, name: str, password: str) -> int:
        """Log in and return how often bcrypt was asked."""
        before = self.threads.calls
        try:
            authenticate.by_password(self.cloud.database, self.cloud.validator, self.threads,
                                     Reference(name=name, domain_id="default"), password)
        except Unauthorized:
            pass  # what matters is what it cost
        return self.threads.calls - before

    def test_only_a_login_that_succeeds_gets_quicker(self) -> None:
        user, _ = self.cloud.member("alice")
        self.assertEqual([1, 0, 0], [self.cost("alice", PASSWORD) for _ in range(3)])
        self.assertEqual([1, 1], [self.cost("alice", "wrong") for _ in range(2)])
        self.assertEqual([1, 1], [self.cost("nobody", PASSWORD) for _ in range(2)])
        path, admin = f"/v3/users/{user['id']}", self.cloud.token()
        self.cloud.request("PATCH", path, {"user": {"enabled": False}}, token=admin)
        self.assertEqual([1, 1], [self.cost("alice", PASSWORD) for _ in range(2)])
        self.cloud.request("PATCH", path, {"user": {"enabled": True}}, token=admin)
        self.assertEqual([0], [self.cost("alice", PASSWORD)])

    def test_a_password_changed_elsewhere_is_refused_at_once(self) -> None:
        user, _ = self.cloud.member("alice")
        self.assertEqual([1, 0], [self.cost("alice", PASSWORD) for _ in range(2)])
        with self.cloud.database.write() as connection:  # by a process that tells this one nothing
            connection.execute(sa.update(tables.user).where(tables.user.c.id == user["id"]).values(
                password_hash=hash_password(Threads(), "another one", 4)))
        self.assertRaises(Unauthorized, authenticate.by_password, self.cloud.database, self.cloud.validator,
                          self.threads, Reference(name="alice", domain_id="default"), PASSWORD)
        self.assertEqual([1, 0], [self.cost("alice", "another one") for _ in range(2)])
