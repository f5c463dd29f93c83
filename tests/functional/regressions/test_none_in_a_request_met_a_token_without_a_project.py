"""A rule compares texts: "None" in a query or path equalled the project or domain that a token did not have.

So anybody with a project's token was let at /v3/users?domain_id=None, and could tell from the roles of
"domain None" whether a user exists; a token for a domain or the system passed rules that want a project.
"""

import unittest

from tests.fixtures.personas import MISSING_ID, lent


class NoneInARequestTest(unittest.TestCase):
    """Tokens without something, asked about "None"."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = lent()

    def test_a_project_token_is_no_reader_of_domain_none(self) -> None:
        user = self.cloud.owned["user_id"]
        for path in ("users?domain_id=None", "projects?domain_id=None", "domains/None",
                     f"domains/None/users/{user}/roles", "domains/None/users/nobody/roles", "role_assignments?scope.domain.id=None"):
            with self.subTest(path=path):
                answer = self.cloud.request("GET", f"/identity/v3/{path}",
                                            token=self.cloud.personas["other member"].token)
                self.assertEqual(403, answer.status_int, answer.text)

    def test_a_token_without_a_project_passes_no_rule_that_wants_one(self) -> None:
        for name in ("other domain manager", "system reader"):
            for path in ("/compute/v2.1/servers", "/image/v2/images", "/compute/v2.1/os-quota-sets/None",
                         f"/compute/v2.1/servers/{MISSING_ID}"):
                with self.subTest(persona=name, path=path):
                    answer = self.cloud.request("GET", path, token=self.cloud.personas[name].token)
                    self.assertEqual(403, answer.status_int, answer.text)

    def test_a_reader_of_the_system_sees_every_network(self) -> None:
        answer = self.cloud.request("GET", "/network/v2.0/networks", token=self.cloud.personas["system reader"].token)
        self.assertIn(self.cloud.owned["network_id"], answer.text)
