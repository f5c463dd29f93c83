"""Disks, console, config drive, probe and host lock: what can be said without a hypervisor."""

import pathlib
import tempfile
import unittest

from cumulo.common import errors
from cumulo.common.host_lock import HostLock
from cumulo.compute.agent import config_drive, console, disks, probe


class SmallPartsTest(unittest.TestCase):
    """One test each."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_overlay_names_its_base_and_format(self) -> None:
        self.assertEqual(
            disks.overlay_command(pathlib.Path("/s/disk.new"), "raw", 1024),
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base", "/s/disk.new", "1024"])

    def test_root_size(self) -> None:
        self.assertEqual(disks.root_size(0, 123), 123)
        self.assertEqual(disks.root_size(2, 123), 2 * disks.GIB)
        with self.assertRaises(errors.BadRequest):
            disks.root_size(1, disks.GIB + 1)

    def test_config_drive_command(self) -> None:
        argv = config_drive.iso_command("genisoimage", pathlib.Path("/t"), pathlib.Path("/o"))
        self.assertEqual((argv[0], argv[-1]), ("genisoimage", "/t"))
        self.assertEqual(argv[argv.index("-V") + 1], "config-2")

    def test_last_lines_of_console(self) -> None:
        path = self.directory / "console.log"
        self.assertEqual(console.last_lines(path, 5), "")
        path.write_bytes(b"one\ntwo\nthr\xffee\n")
        self.assertEqual(console.last_lines(path, 2), "two\nthr\ufffdee\n")
        for everything in (None, -1, 10):
            self.assertEqual(len(console.last_lines(path, everything).splitlines()), 3)
        self.assertEqual(console.last_lines(path, 0), "")

    def test_trimmed_console_still_shows_what_was_moved(self) -> None:
        path = self.directory / "console.log"
        with path.open("ab", buffering=0) as writer:  # as QEMU has it open
            writer.write(b"old\n" * 100)
            console.trim(path, 40)
            writer.write(b"new\n")
        self.assertEqual(path.read_bytes(), b"new\n")
        self.assertEqual(console.last_lines(path, 2), "old\nnew\n")
        self.assertEqual(console.older(path).stat().st_size, 40)

    def test_boot_sector(self) -> None:
        sector = probe.boot_sector()
        self.assertEqual((len(sector), sector[-2:]), (512, b"\x55\xaa"))
        text_at = int.from_bytes(sector[9:11], "little") - 0x7C00
        self.assertTrue(sector[text_at:].startswith(probe.GREETING))

    def test_one_agent_per_host(self) -> None:
        first, second = (HostLock(self.directory, "compute", "h") for _ in range(2))
        first.take()
        with self.assertRaises(errors.Conflict):
            second.take()
        HostLock(self.directory, "compute", "other").take()
        first.release()
        second.take()
