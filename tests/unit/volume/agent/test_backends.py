"""The backends: what all have in common (tests/fixtures/backend_suite.py), and what each adds to it."""

import json
import pathlib
import tempfile
import unittest

from cumulo.common import command, errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.fake import FakeBackend
from cumulo.volume.agent.file import FileBackend
from tests.fixtures.backend_suite import KEPT, ONE, TWO, BackendSuite


class _InDirectory(BackendSuite):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-backend-test-")
        self.addCleanup(directory.cleanup)  # type: ignore[attr-defined]
        self.directory = pathlib.Path(directory.name)
        super().setUp()

    def make(self) -> Backend:
        return self.again()


class FakeBackendTest(_InDirectory, unittest.TestCase):
    """The one that stores nothing."""

    def again(self) -> Backend:
        return FakeBackend(self.directory / "known.json", Clock(), Threads(), name="fake", total_gib=100,
                           script=str(self.directory / "script.json"))

    def test_it_fails_as_it_is_told(self) -> None:
        (self.directory / "script.json").write_text(json.dumps({"faults": {"create": "no room"}}))
        self.assertRaisesRegex(errors.InternalError, "no room", self.backend.create, ONE, 1)


class FileBackendTest(_InDirectory, unittest.TestCase):
    """Raw files."""

    def again(self) -> Backend:
        return FileBackend(self.directory / "volumes", Threads(), name="file")

    def test_copies_hold_what_the_original_held_then(self) -> None:
        backend = FileBackend(self.directory / "volumes", Threads(), name="file")
        backend.create(ONE, 1)
        with backend.path(ONE).open("r+b") as file:
            file.write(b"before")
        backend.snapshot(KEPT, ONE)
        backend.clone(TWO, ONE, 2)
        with backend.path(ONE).open("r+b") as file:
            file.write(b"behind")
        self.assertEqual(b"before", backend.path(TWO).read_bytes()[:6])
        backend.delete(TWO)
        backend.restore(TWO, KEPT, 1)
        self.assertEqual(b"before", backend.path(TWO).read_bytes()[:6])
        backend.extend(ONE, 3)
        backend.revert(ONE, KEPT, 3)
        self.assertEqual((b"before", 3 << 30), (backend.path(ONE).read_bytes()[:6], backend.path(ONE).stat().st_size))
        self.assertEqual(0o600, backend.path(TWO).stat().st_mode & 0o777)
        self.assertLess(backend.path(TWO).stat().st_blocks * 512, 1024 * 1024, "what was never written takes no room")

    def test_only_plain_files_of_one_directory_are_taken_over(self) -> None:
        backend = FileBackend(self.directory / "volumes", Threads(), name="file")
        place = self.directory / "volumes" / "unmanaged"
        place.mkdir(parents=True)
        (place / "disk").write_bytes(b"data" * 300)
        (place / "link").symlink_to(self.directory)
        (self.directory / "secret").write_bytes(b"secret")
        self.assertEqual([("disk", 1)], [(each.name, each.size_gib) for each in backend.strangers()])
        for name in ("link", "../secret", "../../secret"):
            self.assertRaises(errors.NotFound, backend.adopt, ONE, name, 1)
        backend.adopt(ONE, "disk", 1)
        self.assertEqual((1 << 30, 0o600), (backend.path(ONE).stat().st_size, backend.path(ONE).stat().st_mode & 0o777))
        self.assertRaises(errors.BadRequest, backend.release, ONE, "../disk")

    def test_an_image_is_written_out(self) -> None:
        backend = FileBackend(self.directory / "volumes", Threads(), name="file")
        raw, image = self.directory / "image.raw", self.directory / "image.qcow2"
        raw.write_bytes(b"guest".ljust(1 << 20, b"\0"))
        command.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(image)], timeout_s=30)
        backend.fill(ONE, 2, image, "qcow2")
        backend.fill(TWO, 1, raw, "raw")
        for each, size in ((ONE, 2), (TWO, 1)):
            self.assertEqual((b"guest", size << 30, 0o600), (
                backend.path(each).read_bytes()[:5], backend.path(each).stat().st_size,
                backend.path(each).stat().st_mode & 0o777))
        command.run(["qemu-img", "resize", "-q", "-f", "qcow2", str(image), "3G"], timeout_s=30)
        self.assertRaises(errors.BadRequest, backend.fill, KEPT, 2, image, "qcow2")
        self.assertRaises(errors.BadRequest, backend.replace, TWO, 1, image, "qcow2")
        with backend.path(TWO).open("r+b") as file:
            file.write(b"other")
        backend.replace(TWO, 1, raw, "raw")
        self.assertEqual((b"guest", 1 << 30), (backend.path(TWO).read_bytes()[:5], backend.path(TWO).stat().st_size))

    def test_what_was_left_half_made_is_seen_and_replaced(self) -> None:
        backend = FileBackend(self.directory / "volumes", Threads(), name="file")
        backend.path(ONE).with_suffix(".new").write_bytes(b"half")
        self.assertEqual((ONE,), backend.holdings().partial)
        backend.create(ONE, 1)
        self.holds({ONE: 1})
        self.assertEqual(b"\0" * 4, backend.path(ONE).read_bytes()[:4])
        backend.path(ONE).with_suffix(".new").write_bytes(b"half")
        backend.discard(ONE)
        self.holds({ONE: 1})


if __name__ == "__main__":
    unittest.main()
