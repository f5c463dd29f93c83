"""Several servers of a name of 255 characters: "-1" made it longer than its column, a 500 but on SQLite."""

import unittest

from tests.fixtures.api import Api


class NumberedNamesTest(unittest.TestCase):
    """A name has 255 characters with its number too."""

    def test_the_longest_names(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        flavor = api.post("/compute/v2.1/flavors", {"flavor": {"name": "f", "ram": 1, "vcpus": 1,
                                                               "disk": 1}}).json["flavor"]["id"]
        image = api.post("/image/v2/images", {"disk_format": "raw", "container_format": "bare"}).json["id"]
        api.put(f"/image/v2/images/{image}/file", b"x" * 512, headers={"Content-Type": "application/octet-stream"})
        api.post("/network/v2.0/networks", {"network": {"name": "n"}})
        for length, count, status in ((255, 1, 202), (255, 2, 400), (254, 2, 400), (253, 2, 202)):
            with self.subTest(length=length, count=count):
                answer = api.post("/compute/v2.1/servers", {"server": {
                    "name": "x" * length, "flavorRef": flavor, "imageRef": image, "max_count": count}})
                self.assertEqual(status, answer.status_int, answer.text)
        self.assertEqual({255}, {len(server["name"]) for server in api.get("/compute/v2.1/servers").json["servers"]})
