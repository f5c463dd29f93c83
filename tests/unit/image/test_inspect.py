"""What qemu-img says about a file, and what is refused in it."""

import tempfile
import unittest

from cumulo.common import errors
from cumulo.image import inspect


class OutsideReferenceTest(unittest.TestCase):
    """Answers of qemu-img info."""

    def test_sound(self) -> None:
        for details in ({}, {"extents": [{"filename": "/x"}]}, {"extents": [{}]}):
            facts = {"virtual-size": 1, "format-specific": {"data": details}}
            self.assertIsNone(inspect.outside_reference(facts, "/x"))
        self.assertIsNone(inspect.outside_reference({"virtual-size": 1}, "/x"))

    def test_references(self) -> None:
        for facts in ({"backing-filename": "/etc/passwd"}, {"full-backing-filename": "/etc/passwd"},
                      {"format-specific": {"data": {"data-file": "/etc/passwd"}}},
                      {"format-specific": {"data": {"extents": [{"filename": "/x"}, {"filename": "/y"}]}}}):
            self.assertIsNotNone(inspect.outside_reference(facts, "/x"))


class InspectTest(unittest.TestCase):
    """Files of formats that no program needs to look at."""

    def test_raw(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            self.assertEqual(0, inspect.inspect(file.name, "raw", inspect.Bounds()))
            file.write(b"x" * 100000)
            file.flush()
            self.assertEqual(100000, inspect.inspect(file.name, "aki", inspect.Bounds()))
            with self.assertRaises(errors.BadRequest):
                inspect.inspect(file.name, "iso", inspect.Bounds())
