"""Data on its way into a store: all of it, hashed right, in bounded memory; and a failure of the disk is not lost."""

import hashlib
import io
import os
import tempfile
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.image.intake import LARGEST_CHUNK, SMALLEST_CHUNK, Intake, Memory
from cumulo.image.store.file import FileStore

DATA = os.urandom(3 * LARGEST_CHUNK + 17)


class ByRead:
    """A source that knows read() alone, and gives less than it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        """Return at most 100,000 bytes."""
        return self._file.read(min(size, 100_000))


class FullPart:
    """A part on a disk that is full after one chunk."""

    path, size = "", 0

    def write(self, chunk: Any) -> None:
        """Take the first."""
        if self.size:
            raise OSError(28, "No space left on device")
        self.size = len(chunk)

    def commit(self) -> None:
        """Never reached."""

    def close(self) -> None:
        """Nothing is open."""


class IntakeTest(unittest.TestCase):
    """One stream at a time."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.store = FileStore(directory.name)

    def take(self, source: Any, part: Any) -> tuple[str, str]:
        """Read a source to its end."""
        intake = Intake(Threads(), part, Memory())
        try:
            while chunk := intake.read(source):
                intake.add(chunk)
            return intake.finish()
        finally:
            intake.stop()

    def test_all_of_it_arrives_and_is_hashed(self) -> None:
        for source in (io.BytesIO(DATA), ByRead(DATA)):
            part = self.store.create("one")
            digests = self.take(source, part)
            part.commit()
            self.assertEqual((hashlib.md5(DATA).hexdigest(), hashlib.sha512(DATA).hexdigest()), digests)
            with self.store.open("one") as file:
                self.assertEqual(DATA, file.read())
            with self.store.open("one", 1000) as file:
                self.assertEqual(DATA[1000:1010], file.read(10))
            self.assertEqual(len(DATA), self.store.usage())

    def test_nothing_at_all_is_data_too(self) -> None:
        digests = self.take(io.BytesIO(), self.store.create("one"))
        self.assertEqual(hashlib.md5(b"").hexdigest(), digests[0])

    def test_a_full_disk_is_said(self) -> None:
        with self.assertRaises(OSError):
            self.take(io.BytesIO(DATA), FullPart())

    def test_a_broken_connection_is_the_senders_fault(self) -> None:
        class Broken:
            """A connection that is reset."""

            def read(self, size: int) -> bytes:
                """Break."""
                raise ConnectionResetError
        with self.assertRaises(errors.BadRequest):
            self.take(Broken(), FullPart())

    def test_many_streams_share_the_memory(self) -> None:
        memory = Memory(8 * LARGEST_CHUNK)
        sizes = [memory.enter() for _ in range(16)]
        self.assertEqual((LARGEST_CHUNK, LARGEST_CHUNK // 4), (sizes[0], sizes[-1]))
        for _ in range(1000):
            self.assertGreaterEqual(memory.enter(), SMALLEST_CHUNK)
        for _ in range(1016):
            memory.leave()
        self.assertEqual(LARGEST_CHUNK, memory.enter())


if __name__ == "__main__":
    unittest.main()
