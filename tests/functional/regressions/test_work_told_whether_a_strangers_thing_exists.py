"""A hidden image took four statements and a missing one took one; a login for a project took longer where it exists.

And a stranger's request for another project's image or server locked its row before it was refused.
"""

import unittest
from typing import Any

from tests.fixtures import rows
from tests.fixtures.personas import MARKER, MISSING_ID, lent


class WorkTest(unittest.TestCase):
    """The statements behind a foreign id and behind one that names nothing."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = lent()
        cls.token = cls.cloud.personas["other member"].token or ""

    def statements(self, method: str, path: str, body: Any = None) -> list[str]:
        """Return what a request executes."""
        self.cloud.api.services.tokens.validate(self.token)
        with rows.statements(self.cloud.api.database) as executed:
            answer = self.cloud.request(method, path, body, token=self.token)
        self.assertIn(answer.status_int, (401, 404), answer.text)
        return executed

    def test_images_and_servers(self) -> None:
        owned = self.cloud.owned
        for method, path, thing in (("GET", "/image/v2/images/{}", owned["image_id"]),
                                    ("DELETE", "/image/v2/images/{}", owned["image_id"]),
                                    ("DELETE", "/compute/v2.1/servers/{}", owned["server_id"])):
            with self.subTest(method=method, path=path):
                foreign, missing = (self.statements(method, path.format(each)) for each in (thing, MISSING_ID))
                self.assertEqual(missing, foreign)

    def test_a_strangers_row_is_never_selected(self) -> None:
        executed = self.statements("DELETE", f"/compute/v2.1/servers/{self.cloud.owned['server_id']}")
        self.assertTrue(any("server.project_id = " in each for each in executed), executed)

    def test_logins(self) -> None:
        identity = {"methods": ["token"], "token": {"id": self.token}}
        domain = {"id": self.cloud.home}
        pairs = ((f"owner-{MARKER}", "nothing"),)
        for name, missing in pairs:
            with self.subTest(name=name):
                found = [self.statements("POST", "/identity/v3/auth/tokens", {"auth": {
                    "identity": identity, "scope": {"project": {"name": each, "domain": domain}}}})
                    for each in (name, missing)]
                self.assertEqual(found[1], found[0])
