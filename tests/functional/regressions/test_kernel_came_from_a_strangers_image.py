"""An image of one's own could name a stranger's private image as its kernel or ramdisk.

A host that held it already would have booted it without asking whether the project may read it.
"""

import unittest

import sqlalchemy as sa

from cumulo.common.db.tables.image import image_property
from cumulo.scheduler import facts
from tests.fixtures.personas import MISSING_ID, lent


class ForeignKernelTest(unittest.TestCase):
    """A server from an image whose ramdisk is the owner's private image."""

    def setUp(self) -> None:
        self.cloud = lent()
        self.token = self.cloud.personas["other member"].token or ""

    def image(self, **properties: str) -> str:
        """Make an active image with these properties."""
        made = self.cloud.ok("POST", "/image/v2/images", {"name": "mine", "disk_format": "raw",
                                                          "container_format": "bare", **properties}, token=self.token)
        self.cloud.ok("PUT", f"/image/v2/images/{made['id']}/file", b"x" * 600, token=self.token,
                      headers={"Content-Type": "application/octet-stream"})
        return str(made["id"])

    def boot(self, image_id: str) -> object:
        """Ask for a server."""
        return self.cloud.request("POST", "/compute/v2.1/servers", {"server": {
            "name": "one", "imageRef": image_id, "flavorRef": self.cloud.public["flavor_id"],
            "networks": [{"uuid": self.cloud.own["network_id"]}]}}, token=self.token)

    def test_it_is_refused_like_one_that_does_not_exist(self) -> None:
        for name in ("kernel_id", "ramdisk_id"):
            answers = [self.boot(self.image(**{name: each})) for each in (self.cloud.owned["image_id"], MISSING_ID)]
            self.assertEqual([400, 400], [each.status_int for each in answers])
            self.assertEqual(answers[1].text.replace(MISSING_ID, ""),
                             answers[0].text.replace(self.cloud.owned["image_id"], ""))

    def test_a_property_set_after_the_request_changes_nothing(self) -> None:
        image_id = self.image()
        answer = self.boot(image_id)
        with self.cloud.api.database.write() as connection:
            connection.execute(sa.insert(image_property).values(
                image_id=image_id, name="ramdisk_id", value=self.cloud.owned["image_id"]))
        with self.cloud.api.database.read() as connection:
            found = facts.server_facts(connection, answer.json["server"]["id"], facts.no_access)
        self.assertIsNone(found["ramdisk"])
