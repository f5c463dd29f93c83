"""The validator: what costs a query, what services issue themselves, what the bootstrap leaves."""

import contextlib
import unittest
from collections.abc import Iterator

import sqlalchemy as sa

from cumulo.common.db.engine import Database
from cumulo.common.errors import Unauthorized
from cumulo.identity import bootstrap, catalog, keys, lookup
from cumulo.identity.model import Endpoint, Scope
from cumulo.identity.tokens import Validator, issue_service_token
from tests.fixtures.identity import Identity


class CountingDatabase(Database):
    """Counts what is read."""

    reads = 0

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Count the read and give the connection."""
        self.reads += 1
        with super().read() as connection:
            yield connection


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
        for token in tokens:
            self.validator.validate(token)
        before = self.database.reads
        self.validator.validate(tokens[-1])
        self.assertEqual(before, self.database.reads)
        self.validator.validate(tokens[0])
        self.assertEqual(before + 1, self.database.reads)

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
        self.assertEqual(12, len(after))

    def test_every_role_of_the_chain_implies_the_next(self) -> None:
        with self.database.read() as connection:
            user_id = self.validator.validate(self.token).user_id or ""
            names = [role.name for role in lookup.effective_roles(connection, user_id, Scope("domain", "default"))]
        self.assertEqual(sorted(bootstrap.ROLE_CHAIN), names)
