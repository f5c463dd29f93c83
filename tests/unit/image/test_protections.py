"""Rules about properties of images."""

import tempfile
import unittest

from cumulo.common import errors
from cumulo.image import protections

RULES = """\
[^vendor_.*]
create = admin
read = @
update = admin, vendor
delete = !

[^secret$]
create = admin
read = admin
update = admin
delete = admin

[.*]
create = member
read = @
update = member
delete = member
"""
ADMIN, VENDOR, MEMBER = ("admin", "member"), ("vendor", "member"), ("member",)


def loaded(text: str) -> protections.Protections:
    """Return the protections that a file with this text holds."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        return protections.load(file.name)


class ProtectionsTest(unittest.TestCase):
    """A file of three rules."""

    def setUp(self) -> None:
        self.rules = loaded(RULES)

    def test_the_first_rule_that_fits_decides(self) -> None:
        for operation, name, roles, expected in (
                ("create", "vendor_x", ADMIN, True), ("create", "vendor_x", VENDOR, False),
                ("read", "vendor_x", (), True), ("update", "vendor_x", VENDOR, True),
                ("update", "vendor_x", MEMBER, False), ("delete", "vendor_x", ADMIN, False),
                ("read", "secret", MEMBER, False), ("read", "secrets", MEMBER, True), ("create", "colour", MEMBER, True),
                ("create", "colour", (), False)):
            self.assertIs(expected, self.rules.allows(operation, name, roles), (operation, name, roles))

    def test_what_no_rule_fits_is_nobodys(self) -> None:
        rules = loaded(RULES.partition("[.*]")[0])
        self.assertEqual({}, rules.readable({"colour": "red"}, ADMIN))
        self.assertEqual({"os_glance_failed_import": ""}, rules.readable({"os_glance_failed_import": ""}, ()))

    def test_a_change_is_judged_by_what_becomes_of_each_property(self) -> None:
        before = {"vendor_x": "1", "colour": "red", "secret": "s"}
        self.rules.check_change(before, {**before, "vendor_x": "2"}, VENDOR)
        self.rules.check_change(before, {**before, "colour": "blue"}, MEMBER)
        self.rules.check_change(before, dict(before), ())
        for after, roles in (({**before, "vendor_x": "2"}, MEMBER), ({"colour": "red", "secret": "s"}, ADMIN),
                             ({**before, "vendor_y": "1"}, VENDOR), ({**before, "secret": "t"}, MEMBER)):
            with self.assertRaises(errors.Forbidden):
                self.rules.check_change(before, after, roles)

    def test_without_a_file_everything_is_allowed(self) -> None:
        self.assertTrue(protections.NONE.allows("delete", "vendor_x", ()))

    def test_files_that_make_no_sense(self) -> None:
        rule = "create = @\nread = @\nupdate = @\ndelete = @\n"
        for text in ("[a]\ncreate = @\n", f"[a]\n{rule}more = @\n", f"[(]\n{rule}", "no section", f"[a]\n{rule}[a]\n{rule}",
                     "[a]\n" + rule.replace("read = @", "read = @, admin"), "[a]\n" + rule.replace("read = @", "read = ")):
            with self.subTest(text=text), self.assertRaises(ValueError):
                loaded(text)
        with self.assertRaises(ValueError):
            protections.load("/nowhere/at/all")
