"""An administrator's token for a domain asked for a server: a 500, since no project could own it."""

import unittest

from tests.fixtures.personas import lent


class NoProjectTest(unittest.TestCase):
    """POST /servers with a token that has no project."""

    def test_it_is_a_bad_request(self) -> None:
        cloud = lent()
        answer = cloud.request("POST", "/compute/v2.1/servers", {"server": {
            "name": "one", "imageRef": cloud.public["image_id"], "flavorRef": cloud.public["flavor_id"],
            "networks": [{"uuid": cloud.public["network_id"]}]}}, token=cloud.personas["other domain admin"].token)
        self.assertEqual(400, answer.status_int, answer.text)
        self.assertIn("project", answer.text)
