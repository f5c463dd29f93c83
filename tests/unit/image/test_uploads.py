"""Uploads whose process stalls or dies, at every moment that differs from the next."""

import errno
import io
import tempfile
import threading
import unittest
from typing import Any
from unittest import mock

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.image import attributes, images, inspect, uploads
from cumulo.image.store.file import FileStore, Part
from cumulo.image.stores import Stores
from tests.fixtures.database import temporary_database

IMAGE_ID = "6a0a4d4c-0c4f-4d5a-9b3a-0a1b2c3d4e5f"
OWNER = Context(project_id="demo", roles=("member",))


class SetClock(Clock):
    """A clock that stands until it is moved."""

    time = 1000.0

    def now(self) -> float:
        """Return the time it was set to."""
        return self.time

    def monotonic(self) -> float:
        """Return the time it was set to."""
        return self.time


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours may run after it."""


class UploadCase(unittest.TestCase):
    """One queued image and an uploader."""

    def setUp(self) -> None:
        self.clock = SetClock()
        self.database = temporary_database(self.clock)
        self.addCleanup(self.database.close)
        # On a database with a clock of its own, the tests' clock still decides.
        standing = mock.patch.object(self.database, "now", lambda connection: self.clock.now())
        standing.start()
        self.addCleanup(standing.stop)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.store = FileStore(directory.name)
        self.uploader = uploads.Uploader(
            database=self.database, store=self.store, clock=self.clock, ids=Ids(), threads=Threads(),
            max_size=1 << 20, bounds=inspect.Bounds())
        new = attributes.new_image({"disk_format": "raw", "container_format": "bare"}, attributes.Bounds())
        with self.database.write() as connection:
            images.create_image(connection, self.clock.now(), IMAGE_ID, "demo", new)

    def image(self) -> dict[str, Any]:
        """Return the image's row."""
        with self.database.read() as connection:
            return images.get_image(connection, IMAGE_ID)

    def location(self, image: dict[str, Any] | None = None) -> str:
        """Return the name of the image's data."""
        place, = (image or self.image())["locations"]
        return str(place["name"])

    def receive(self, source: Any = None, length: int | None = None) -> None:
        """Upload three bytes, or from another source."""
        self.uploader.receive(self.image(), source or io.BytesIO(b"abc"), length)

    def die(self, owner: Any, name: str) -> None:
        """Run an upload whose process is killed on entering a function."""
        nothing = mock.patch.object(uploads.Uploader, "_give_up", return_value=False)
        with nothing, mock.patch.object(owner, name, side_effect=Killed), self.assertRaises(Killed):
            self.receive()

    def sweep(self) -> int:
        """Sweep at the present time."""
        return uploads.sweep(self.database, Stores.of(self.store), self.clock.now())


class DeadUploads(UploadCase):
    """kill -9, and what remains."""

    def test_the_sweep_clears_up_after_a_kill(self) -> None:
        for owner, name in ((FileStore, "create"), (Part, "write"), (inspect, "inspect"), (Part, "commit"),
                            (uploads.Uploader, "_finish")):
            with self.subTest(killed_before=name):
                self.die(owner, name)
                self.assertEqual("saving", self.image()["status"])
                self.assertEqual(0, self.sweep(), "its lease runs: it might live")
                self.clock.time += uploads.LEASE_S + 1
                self.sweep()
                self.assertEqual(("queued", None), (self.image()["status"], self.image()["upload_id"]))
                self.assertEqual(set(), self.store.names())
        self.receive()
        self.assertEqual(0, self.sweep())
        self.assertEqual(("active", {self.location()}), (self.image()["status"], self.store.names()))

    def test_an_upload_may_be_repeated_before_the_sweep(self) -> None:
        self.die(Part, "commit")
        with self.assertRaises(errors.Conflict):
            self.receive()
        self.clock.time += uploads.LEASE_S + 1
        self.receive()
        self.assertEqual(1, self.sweep())
        self.assertEqual("active", self.image()["status"])

    def test_a_kill_after_a_deletion_leaves_an_orphan_for_the_sweep(self) -> None:
        self.receive()
        with self.database.write() as connection:
            image = images.get_own_image(connection, OWNER, IMAGE_ID)
            self.assertEqual([("file", self.location(image))], images.delete_image(connection, image))
        self.assertEqual((1, 0), (self.sweep(), self.sweep()))


class Stalled(UploadCase):
    """An uploader that sleeps past its lease must not win when it wakes."""

    def test_it_finds_that_it_lost(self) -> None:
        def sleep_and_be_swept() -> None:
            self.clock.time += uploads.LEASE_S + 1
            self.sweep()

        with self.assertRaises((errors.Conflict, errors.Gone)):
            self.receive(Between(sleep_and_be_swept))
        self.assertEqual(("queued", set()), (self.image()["status"], self.store.names()))

    def test_the_other_upload_stands(self) -> None:
        def sleep_and_be_overtaken() -> None:
            self.clock.time += uploads.LEASE_S + 1
            self.receive(io.BytesIO(b"other"))

        with self.assertRaises(errors.Conflict):
            self.receive(Between(sleep_and_be_overtaken))
        self.assertEqual(("active", 5), (self.image()["status"], self.image()["size"]))
        self.assertEqual({self.location()}, self.store.names())

    def test_a_slow_one_keeps_its_lease(self) -> None:
        def take_a_while() -> None:
            self.clock.time += uploads.LEASE_S - 1
            self.sweep()

        self.receive(Between(take_a_while, times=3))
        self.assertEqual("active", self.image()["status"])


class Slow(UploadCase):
    """What takes long after the last byte has come."""

    def test_an_upload_lives_while_its_store_works(self) -> None:
        renewed, commit = threading.Event(), Part.commit

        def take_long(part: Part) -> None:
            self.clock.time += uploads.LEASE_S - 1
            self.assertTrue(renewed.wait(10))
            self.clock.time += 2
            self.assertEqual(0, self.sweep())
            commit(part)

        def renew(uploader: Any, *names: str, then: Any = uploads.Uploader._renew) -> None:
            then(uploader, *names)
            renewed.set()
        with mock.patch.object(Part, "commit", take_long), mock.patch.object(uploads, "RENEW_S", 0.01), \
                mock.patch.object(uploads.Uploader, "_renew", renew):
            self.receive()
        self.assertEqual("active", self.image()["status"])


class Between:
    """A body that lets something happen before each of some chunks."""

    def __init__(self, happen: Any, times: int = 1) -> None:
        self._happen = happen
        self._left = times

    def read(self, size: int) -> bytes:
        """Return a byte after each happening, then the end."""
        if not self._left:
            return b""
        self._left -= 1
        self._happen()
        return b"x"


class Failures(UploadCase):
    """Errors that are not a kill."""

    def test_a_full_disk_and_a_broken_one(self) -> None:
        for number, expected in ((errno.ENOSPC, errors.TooLarge), (errno.EDQUOT, errors.TooLarge),
                                 (errno.EIO, errors.ServiceUnavailable)):
            for what in ("write", "commit"):
                with mock.patch.object(Part, what, side_effect=OSError(number, "the disk")), \
                        self.assertRaises(expected):
                    self.receive()
                self.assertEqual(("queued", set()), (self.image()["status"], self.store.names()))

    def test_a_bound_on_the_size(self) -> None:
        for length in (None, (1 << 20) + 1):
            with self.assertRaises(errors.TooLarge):
                self.receive(io.BytesIO(bytes((1 << 20) + 1)), length)
        self.assertEqual(("queued", set()), (self.image()["status"], self.store.names()))
        self.receive(io.BytesIO(bytes(1 << 20)))

    def test_a_body_that_is_longer_than_promised_is_cut(self) -> None:
        self.receive(io.BytesIO(b"abcdef"), 3)
        self.assertEqual(3, self.image()["size"])
