"""Which volume a disk of a domain shows, and whether two of them are opened as the same thing."""

import unittest
from xml.etree import ElementTree

from cumulo.compute.agent.libvirt.volumes import opens_the_same, volume_of

OLD, NEW = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2))


def disk(source: str, serial: str = f"<serial>{OLD}</serial>") -> ElementTree.Element:
    """Return a disk of a domain."""
    return ElementTree.fromstring(f"<disk>{source}<target dev='vdb'/>{serial}</disk>")


class DisksTest(unittest.TestCase):
    """A guest knows the disk by the serial that it was plugged with; what it is opened as counts."""

    def test_what_it_is_opened_as_names_the_volume(self) -> None:
        for source in (f"<source file='/volumes/{OLD}/volume-{NEW}'/>", f"<source protocol='nbd' name='{NEW}'/>",
                       f"<source protocol='iscsi' name='iqn.2024-01.org.cumulo:volume-{NEW}/1'/>"):
            self.assertEqual(NEW, volume_of(disk(source)), source)

    def test_a_disk_of_the_server_shows_none(self) -> None:
        self.assertIsNone(volume_of(disk(f"<source file='/servers/{OLD}/disk'/>", "")))

    def test_what_names_none_is_known_by_its_serial(self) -> None:
        self.assertEqual(OLD, volume_of(disk("<source file='/volumes/one'/>")))
        self.assertEqual(OLD, volume_of(disk("")))

    def test_the_same_export_of_another_server_is_another_thing(self) -> None:
        one, other, file = (disk(each).find("source") for each in (
            f"<source protocol='nbd' name='{OLD}' index='3'><host name='a' port='1'/></source>",
            f"<source protocol='nbd' name='{OLD}'><host name='a' port='2'/></source>", "<source file='/a'/>"))
        again = disk(f"<source protocol='nbd' name='{OLD}' tls='no'><host name='a' port='1'/></source>").find("source")
        self.assertTrue(opens_the_same(one, again))
        self.assertFalse(opens_the_same(one, other) or opens_the_same(one, file) or opens_the_same(None, file))


if __name__ == "__main__":
    unittest.main()
