"""createImage with the metadata image_type was refused, though clients name the type of their images so."""

import unittest

from cumulo.common import errors
from cumulo.compute import snapshots

ROW = {"id": "s", "user_id": "u", "image_id": "i", "kernel_id": None, "ramdisk_id": None, "flavor": {"root_gib": 1}}


class ImageTypeTest(unittest.TestCase):
    """Metadata of an image made of a server."""

    def body(self, **metadata: str) -> dict[str, object]:
        """Return the image's attributes with this metadata."""
        return snapshots.image_body(ROW, name="n", disk_format="raw", inherited={"image_type": "old"}, metadata=metadata, min_ram=0)

    def test_type_is_the_clients_to_say(self) -> None:
        self.assertEqual(["snapshot", "mine"], [self.body()["image_type"], self.body(image_type="mine")["image_type"]])

    def test_its_server_is_not(self) -> None:
        for name in ("instance_uuid", "user_id", "name", "visibility"):
            with self.assertRaises(errors.BadRequest):
                self.body(**{name: "x"})
