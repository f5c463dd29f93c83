"""A stopped server whose image was deleted could not be started: its facts could not be told without the image."""

import unittest

from cumulo.scheduler import facts
from tests.fixtures.personas import lent


class ImageGoneTest(unittest.TestCase):
    """The facts of a server that has outlived its image."""

    def test_facts_without_the_image(self) -> None:
        cloud = lent()
        cloud.ok("DELETE", f"/image/v2/images/{cloud.owned['image_id']}")
        with cloud.api.database.read() as connection:
            found = facts.server_facts(connection, cloud.owned["server_id"], facts.no_access)
        self.assertEqual((cloud.owned["image_id"], None), (found["image"]["id"], found["image"]["disk_format"]))
        self.assertEqual(1, len(found["ports"]))
