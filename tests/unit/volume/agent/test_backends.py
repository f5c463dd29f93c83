"""The backends: what all have in common (tests/fixtures/backend_suite.py), and what each adds to it."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

from cumulo.common import command, errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.fake import FakeBackend
from cumulo.volume.agent.file import FileBackend
from cumulo.volume.agent.qcow2 import Qcow2Form
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


@unittest.skipUnless(shutil.which("qemu-storage-daemon"), "needs qemu-storage-daemon (qemu-utils)")
class Qcow2BackendTest(_InDirectory, unittest.TestCase):
    """qcow2 files."""

    def again(self) -> FileBackend:
        return FileBackend(self.directory / "volumes", Threads(), name="file", form=Qcow2Form(Threads()))

    def put(self, volume_id: str, offset: int, data: bytes) -> None:
        """Write to a volume as its user would."""
        form = Qcow2Form(Threads())
        with form.writing(self.again().path(volume_id), 0) as disk:
            disk.write(offset, data)

    def has(self, volume_id: str, *wanted: tuple[int, bytes], snapshot_id: str | None = None) -> None:
        """Check what a volume or a snapshot holds at offsets."""
        with self.backend.read(volume_id, snapshot_id) as source:
            for offset, data in wanted:
                self.assertEqual(data, source.read(offset, len(data)))

    def layers(self) -> list[str]:
        """Return the layers that there are."""
        return sorted(each.name for each in (self.directory / "volumes").glob("layer-*"))

    def test_copies_are_their_own_however_the_originals_go(self) -> None:
        self.backend.create(ONE, 1)
        self.put(ONE, 0, b"first")
        self.backend.snapshot(KEPT, ONE)
        self.put(ONE, 1 << 20, b"second")
        self.backend.clone(TWO, ONE, 2)
        self.put(ONE, 0, b"third")
        self.put(TWO, (2 << 30) - 4, b"end.")
        self.backend.extend(ONE, 3)
        self.has(ONE, (0, b"third"), (1 << 20, b"second"), ((3 << 30) - 4, b"\0" * 4))
        self.has(TWO, (0, b"first"), (1 << 20, b"second"), ((2 << 30) - 4, b"end."))
        self.has(ONE, (0, b"first"), (1 << 20, b"\0" * 6), snapshot_id=KEPT)
        self.assertEqual(2, len(self.layers()))
        self.backend.revert(ONE, KEPT, 3)
        self.has(ONE, (0, b"first"), (1 << 20, b"\0" * 6), ((3 << 30) - 4, b"\0" * 4))
        self.backend.delete_snapshot(KEPT)
        self.backend.delete(ONE)
        self.has(TWO, (0, b"first"), (1 << 20, b"second"), ((2 << 30) - 4, b"end."))
        self.backend.delete(TWO)
        self.assertEqual([], self.layers())

    def test_copies_that_come_and_go_leave_no_layers(self) -> None:
        self.backend.create(ONE, 1)
        for number in range(4):
            self.put(ONE, number << 20, b"x" * 10)
            self.backend.snapshot(KEPT, ONE)
            self.backend.delete_snapshot(KEPT)
        self.assertEqual(1, len(self.layers()))
        self.has(ONE, *((number << 20, b"x" * 10) for number in range(4)))
        for _ in range(3):  # nothing was written between: nothing is there to be kept
            self.backend.clone(TWO, ONE, 1)
            self.backend.delete(TWO)
        self.assertEqual(1, len(self.layers()))

    def test_what_a_death_left_is_put_right(self) -> None:
        self.backend.create(ONE, 1)
        self.put(ONE, 0, b"first")
        path = FileBackend(self.directory / "volumes", Threads(), name="file").path(ONE)
        os.link(path, path.with_name("layer-1"))  # it was about to become one
        path.with_name("layer-1.top").write_bytes(b"half")
        self.put(ONE, 0, b"later")
        self.backend.clone(TWO, ONE, 1)
        self.put(ONE, 0, b"third")
        self.has(TWO, (0, b"later"))
        self.backend.delete(KEPT)
        self.assertEqual(["layer-2"], self.layers())

    def test_nothing_is_frozen_while_somebody_writes_to_it(self) -> None:
        self.backend.create(ONE, 1)
        with Qcow2Form(Threads()).writing(self.again().path(ONE), 0):
            for call in (lambda: self.backend.clone(TWO, ONE, 1), lambda: self.backend.snapshot(KEPT, ONE),
                         lambda: self.backend.extend(ONE, 2)):
                self.assertRaises(errors.CommandFailed, call)
        self.backend.clone(TWO, ONE, 1)
        self.holds({ONE: 1, TWO: 1})

    def test_strangers_stand_alone(self) -> None:
        place = self.directory / "volumes" / "unmanaged"
        place.mkdir(parents=True)
        (self.directory / "secret").write_bytes(b"secret")
        (place / "raw").write_bytes(b"raw")
        for name, options in (("good", []), ("leads-out", ["-b", str(self.directory / "secret"), "-F", "raw"])):
            command.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, str(place / name), "2G"], timeout_s=30)
        self.assertEqual([("good", 2)], [(each.name, each.size_gib) for each in self.backend.strangers()])
        self.assertRaises(errors.NotFound, self.backend.adopt, ONE, "leads-out", 2)
        self.backend.adopt(ONE, "good", 3)
        self.put(ONE, 0, b"first")
        self.backend.clone(TWO, ONE, 3)
        self.backend.release(TWO, "given-up")
        self.backend.delete(ONE)
        self.assertEqual([], self.layers())
        self.backend.adopt(TWO, "given-up", 3)
        self.has(TWO, (0, b"first"))


if __name__ == "__main__":
    unittest.main()
