"""Reading and applying patches, and the values attributes may have."""

import unittest
from typing import Any

from cumulo.common import errors
from cumulo.image import attributes, patch


def image(**values: Any) -> dict[str, Any]:
    """Return an image as it comes from the database."""
    return dict(attributes.new_image({}, attributes.Bounds()), status="queued", **values)


class PatchTest(unittest.TestCase):
    """Both media types."""

    def test_two_ways_to_write_the_same(self) -> None:
        expected = [patch.Change("add", "a/b~c", "1"), patch.Change("remove", "d")]
        self.assertEqual(expected, patch.read(
            [{"op": "add", "path": "/a~1b~0c", "value": "1"}, {"op": "remove", "path": "/d"}], "v2.1"))
        self.assertEqual(expected, patch.read([{"add": "/a~1b~0c", "value": "1"}, {"remove": "/d"}], "v2.0"))

    def test_what_cannot_be_read(self) -> None:
        for form, document in (("v2.1", {}), ("v2.1", None), ("v2.1", ["x"]), ("v2.1", [{"op": []}]),
                               ("v2.1", [{"op": "add", "path": "/a~2", "value": "x"}]), ("v2.1", [{"op": "add"}]),
                               ("v2.0", [{}]), ("v2.0", [{"add": "/a", "remove": "/a"}]), ("v2.0", [{"add": 1}])):
            with self.assertRaises(errors.BadRequest):
                patch.read(document, form)

    def test_the_image_it_is_applied_to_stays_as_it_was(self) -> None:
        before = image(name="x", colour="red") | {"properties": {"colour": "red"}}
        after = patch.apply(before, [patch.Change("remove", "colour"), patch.Change("replace", "tags", ["t"]),
                                     patch.Change("add", "size_gib", "1"), patch.Change("replace", "name", None)])
        self.assertEqual(({"colour": "red"}, [], "x"), (before["properties"], before["tags"], before["name"]))
        self.assertEqual(({"size_gib": "1"}, ["t"], None), (after["properties"], after["tags"], after["name"]))

    def test_operations_see_the_ones_before(self) -> None:
        after = patch.apply(image(), [patch.Change("add", "a", "1"), patch.Change("replace", "a", "2")])
        self.assertEqual({"a": "2"}, after["properties"])
        with self.assertRaises(errors.Conflict):
            patch.apply(after, [patch.Change("remove", "a"), patch.Change("remove", "a")])
