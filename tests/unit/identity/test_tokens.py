"""The validator: what costs a query, what services issue themselves, what the bootstrap leaves."""

import contextlib
import itertools
import unittest
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from cumulo.common.db.engine import Database
from cumulo.common.errors import DatabaseUnavailable, Unauthorized
from cumulo.identity import bootstrap, catalog, keys, lookup, revocations
from cumulo.identity.changes import Changes
from cumulo.identity.model import Endpoint, Scope
from cumulo.identity.tokens import Validator, issue_service_token
from tests.fixtures.identity import Identity
from tests.fixtures.rows import statements


class CountingDatabase(Database):
    """Counts what is read, and may be away."""

    reads = 0
    is_away = False

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Count the read and give the connection."""
        self.reads += 1
        if self.is_away:
            raise DatabaseUnavailable("The database cannot be reached now.")
        with super().read() as connection:
            yield connection


class ChangingDatabase(CountingDatabase):
    """A database in which something changes, once, just after it was read."""

    def __init__(self, below: CountingDatabase, change: Callable[[], None]) -> None:
        self._below = below
        self._change: Callable[[], None] | None = change

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Read, and change something before anybody learns what was read."""
        with self._below.read() as connection:
            yield connection
        change, self._change = self._change, None
        if change:
            change()


class ValidatorTest(unittest.TestCase):
    """A validator over a cloud that the bootstrap has filled."""

    def setUp(self) -> None:
        self.cloud = Identity()
        self.addCleanup(self.cloud.close)
        url = self.cloud.database.engine.url.render_as_string(hide_password=False)
        self.database = CountingDatabase(url, self.cloud.clock)
        self.addCleanup(self.database.close)
        self.validator = Validator(self.cloud.conf, self.database, self.cloud.clock)
        self.token = self.cloud.token()

    def test_known_token_costs_no_query(self) -> None:
        self.validator.validate(self.token)
        before = self.database.reads
        for _ in range(100):
            self.validator.validate(self.token)
        self.assertEqual(before, self.database.reads)
        self.cloud.clock.passed_s += 1.0
        self.validator.validate(self.token)
        self.assertEqual(before + 1, self.database.reads)

    def test_no_request_asks_while_the_process_asks_ahead(self) -> None:
        self.validator.validate(self.token)
        asked_by_requests = 0
        for _ in range(400):  # a hundred seconds
            self.cloud.clock.passed_s += 0.25
            self.validator.refresh_ahead()
            before = self.database.reads
            self.validator.validate(self.token)
            asked_by_requests += self.database.reads - before
        self.assertEqual(0, asked_by_requests)

    def test_an_idle_process_asks_nothing(self) -> None:
        self.validator.validate(self.token)
        self.cloud.clock.passed_s += 0.75
        self.validator.refresh_ahead()
        before = self.database.reads
        for _ in range(40):
            self.cloud.clock.passed_s += 0.25
            self.validator.refresh_ahead()
        self.assertEqual(before, self.database.reads)
        self.validator.validate(self.token)
        self.assertEqual(before + 1, self.database.reads)

    def test_without_the_database_a_token_is_good_for_a_second_and_then_refused(self) -> None:
        self.validator.validate(self.token)
        self.database.is_away = True
        self.cloud.clock.passed_s += 0.75
        self.assertRaises(DatabaseUnavailable, self.validator.refresh_ahead)
        self.validator.validate(self.token)
        self.cloud.clock.passed_s += 0.25
        self.assertRaises(DatabaseUnavailable, self.validator.validate, self.token)
        self.assertRaises(DatabaseUnavailable, self.validator.validate, self.token)
        self.database.is_away = False
        self.validator.validate(self.token)

    def test_a_change_is_felt_at_once_on_the_host_and_a_second_later_elsewhere(self) -> None:
        changes = Changes()
        here, beside, elsewhere = (
            Validator(self.cloud.conf, self.database, self.cloud.clock, changes=each)
            for each in (changes, changes, Changes()))
        for validator in (here, beside, elsewhere):
            validator.validate(self.token)
        self.cloud.clock.passed_s += 0.5
        user_id = here.validate(self.token).user_id or ""
        with self.cloud.database.write() as connection:
            revocations.recorder(connection, self.cloud.conf, self.cloud.clock.now()).user(user_id)
        here.forget()
        self.assertRaises(Unauthorized, here.validate, self.token)
        self.assertRaises(Unauthorized, beside.validate, self.token)
        elsewhere.validate(self.token)
        self.cloud.clock.passed_s += 0.5
        self.assertRaises(Unauthorized, elsewhere.validate, self.token)

    def test_a_change_while_the_database_answers_is_not_missed(self) -> None:
        """Whoever reads what was before a change must not count as having seen it."""
        changes = Changes()
        database = ChangingDatabase(self.database, lambda: changes.mark(b"12345678"))
        validator = Validator(self.cloud.conf, database, self.cloud.clock, changes=changes)
        validator.validate(self.token)
        before = self.database.reads
        validator.validate(self.token)
        self.assertEqual(before + 1, self.database.reads)

    def test_what_was_made_of_a_token_is_made_again_after_a_change(self) -> None:
        made = iter((b"one", b"two", b"three"))
        self.validator.inspect(self.token)
        for _ in range(2):
            self.assertEqual(b"one", self.validator.made_of(self.token, "text", lambda: next(made)))
        with self.cloud.database.write() as connection:
            revocations.recorder(connection, self.cloud.conf, self.cloud.clock.now()).change()
        self.validator.forget()
        self.validator.inspect(self.token)
        self.assertEqual(b"two", self.validator.made_of(self.token, "text", lambda: next(made)))

    def test_context(self) -> None:
        context = self.validator.validate(self.token)
        self.assertEqual(("admin", "admin", "default", "default", True),
                         (context.user_name, context.project_name, context.user_domain_id,
                          context.project_domain_id, context.is_admin))
        self.assertEqual(("admin", "manager", "member", "reader"), context.roles)
        system = self.validator.validate(self.cloud.token(scope={"system": {"all": True}}))
        self.assertEqual(("all", None), (system.system_scope, system.project_id))

    def test_cache_is_bounded(self) -> None:
        self.cloud.conf.set_override("max_cached_tokens", 1, "identity")
        self.addCleanup(self.cloud.conf.clear_override, "max_cached_tokens", "identity")
        tokens = [self.cloud.token() for _ in range(3)]
        numbers = itertools.count()

        def made_of(token: str) -> bytes:
            self.validator.validate(token)
            return self.validator.made_of(token, "number", lambda: b"%d" % next(numbers))

        self.assertEqual([b"0", b"1", b"2"], [made_of(token) for token in tokens])
        self.assertEqual([b"2", b"2"], [made_of(tokens[-1]) for _ in range(2)])
        self.assertEqual(b"3", made_of(tokens[0]))

    def test_tokens_of_one_user_and_scope_share_what_was_read(self) -> None:
        tokens = [self.cloud.token() for _ in range(3)]
        self.validator.validate(self.token)
        before = self.database.reads
        for token in tokens:
            self.validator.validate(token)
        self.assertEqual(before, self.database.reads)
        self.validator.validate(self.cloud.token(scope="unscoped"))
        self.assertEqual(before + 1, self.database.reads)

    def test_a_login_again_reads_who_it_is_and_nothing_else(self) -> None:
        other = self.cloud.member("alice")[1]["id"]
        scope = {"project": {"id": other}}
        self.cloud.token("alice", scope=scope)
        with statements(self.cloud.database) as executed:
            self.cloud.token("alice", scope=scope)
        self.assertEqual([], [each for each in executed if "assignment" in each or "endpoint" in each])
        self.assertTrue([each for each in executed if "password_hash" in each])
        role, user_id = self.cloud.role_id("member"), self.validator.validate(
            self.cloud.token("alice", scope=scope)).user_id
        self.cloud.request("DELETE", f"/v3/projects/{other}/users/{user_id}/roles/{role}", token=self.cloud.token())
        self.assertEqual(401, self.cloud.log_in("alice", scope=scope).status_int)

    def test_service_token(self) -> None:
        token = issue_service_token(self.cloud.conf, self.cloud.clock, project_id="some-project")
        context = self.validator.validate(token)
        self.assertEqual(("cumulo-service", "some-project", ("service", "reader"), False),
                         (context.user_id, context.project_id, context.roles, context.is_admin))
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
        self.assertEqual(401, self.cloud.request("POST", "/v3/auth/tokens", body).status_int)
        shown = self.cloud.request("GET", "/v3/auth/tokens", token=token, headers={"X-Subject-Token": self.token})
        self.assertEqual(200, shown.status_int)
        self.cloud.clock.passed_s += 3600
        self.assertRaises(Unauthorized, self.validator.validate, token)

    def test_tokens_survive_one_rotation(self) -> None:
        keys.rotate(self.cloud.conf.identity.fernet_key_dir, 3)
        self.validator.validate(self.token)

    def test_bootstrap_again_changes_only_the_url(self) -> None:
        with self.database.read() as connection:
            before = catalog.listed(connection, Endpoint, {})
        self.cloud.ensure("http://cloud.example:5000")
        with self.database.read() as connection:
            self.assertEqual(before, catalog.listed(connection, Endpoint, {}))
        self.cloud.ensure("https://elsewhere.example/")
        with self.database.read() as connection:
            after = catalog.listed(connection, Endpoint, {})
        self.assertEqual([each.id for each in before], [each.id for each in after])
        self.assertIn("https://elsewhere.example/compute/v2.1", {each.url for each in after})
        self.assertEqual(18, len(after))

    def test_every_role_of_the_chain_implies_the_next(self) -> None:
        with self.database.read() as connection:
            user_id = self.validator.validate(self.token).user_id or ""
            names = [role.name for role in lookup.effective_roles(connection, user_id, Scope("domain", "default"))]
        self.assertEqual(sorted(bootstrap.ROLE_CHAIN), names)
