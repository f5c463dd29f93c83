"""On MariaDB names that differ in case or in a blank at their end were one name; ids of another case were found."""

import unittest

from tests.fixtures.api import PASSWORD, Api

PAIR = ("Web", "web", "web ", "wéb")


class NamesTest(unittest.TestCase):
    """Every database tells texts apart by their characters."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)

    def test_each_is_a_name_of_its_own(self) -> None:
        for name in PAIR:
            for path, body in (("/identity/v3/users", {"user": {"name": name, "password": PASSWORD}}),
                               ("/identity/v3/projects", {"project": {"name": name}}),
                               ("/identity/v3/domains", {"domain": {"name": name}}),
                               ("/identity/v3/roles", {"role": {"name": name}})):
                with self.subTest(name=name, path=path):
                    self.assertEqual(201, self.api.post(path, body).status_int)
                    self.assertEqual(409, self.api.post(path, body).status_int)
        for name in ("Web", "web", "web.1"):
            flavor = {"flavor": {"name": name, "id": name, "ram": 1, "vcpus": 1, "disk": 0}}
            with self.subTest(name=name):
                self.assertEqual(200, self.api.post("/compute/v2.1/flavors", flavor).status_int)
                self.assertEqual(409, self.api.post("/compute/v2.1/flavors", flavor).status_int)
                key = {"keypair": {"name": name.replace(".", " ")}}
                self.assertEqual(200, self.api.post("/compute/v2.1/os-keypairs", key).status_int)
                self.assertEqual(409, self.api.post("/compute/v2.1/os-keypairs", key).status_int)

    def test_none_is_found_by_the_name_of_another(self) -> None:
        region = self.api.post("/identity/v3/regions", {"region": {"id": "North"}})
        self.assertEqual(201, region.status_int)
        for other in ("north", "NORTH", "North%20"):
            with self.subTest(other=other):
                self.assertEqual(404, self.api.get(f"/identity/v3/regions/{other}").status_int)
        self.api.post("/network/v2.0/networks", {"network": {"name": "Net"}})
        for name, found in (("Net", 1), ("net", 0), ("Net%20", 0)):
            answer = self.api.get(f"/network/v2.0/networks?name={name}")
            self.assertEqual(found, len(answer.json["networks"]), name)
