"""Copies between backends, of one host and of two: equal by hash, whatever is on the way."""

import base64
import hashlib
import pathlib
import shutil
import tempfile
import unittest
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.volume.agent import moving
from cumulo.volume.agent.file import FileBackend

ONE = "10000000-0000-4000-8000-000000000000"


class MovingTest(unittest.TestCase):
    """Two directories."""

    def setUp(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-moving-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.source, self.target = (FileBackend(self.directory / name, Threads(), name=name) for name in ("a", "b"))
        self.source.create(ONE, 1)
        with self.source.path(ONE).open("r+b") as file:
            for offset, data in ((0, b"first"), (3 * moving.CHUNK - 2, b"over the edge"), ((1 << 30) - 4, b"last")):
                file.seek(offset)
                file.write(data)
        self.outlet = moving.Outlet({"a": self.source}, self.move_of, Clock(), Threads())
        self.moves = True
        self.asked: list[str] = []

    def move_of(self, volume_id: str) -> dict[str, Any]:
        """Say what the scheduler would."""
        if not self.moves:
            raise errors.NotFound("it is not being moved")
        return {"backend": "h1@a", "target": "h2@b"}

    def ask(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Answer as the other host's agent does."""
        self.asked.append(method)
        return self.outlet.methods()[method](None, **arguments)

    def copy(self, chunks: moving.Chunks) -> None:
        """Make the copy on the target."""
        moving.copy(self.target, ONE, 1, chunks, Threads(), lambda percent: None)

    def hashes(self) -> tuple[str, str]:
        """Return the hashes of both files."""
        one, other = (hashlib.sha256(each.path(ONE).read_bytes()).hexdigest() for each in (self.source, self.target))
        return one, other

    def test_a_copy_on_the_same_host(self) -> None:
        with self.source.read(ONE) as source:
            self.copy(moving.LocalChunks(source, Threads()))
        self.assertEqual(*self.hashes())
        self.assertLess(self.target.path(ONE).stat().st_blocks * 512, 8 * moving.CHUNK, "what was never written is not copied")

    def test_a_copy_from_another_host_sends_what_was_written(self) -> None:
        for _ in range(2):  # the second time it is there: it is compared, and stays
            self.copy(moving.RemoteChunks(self.ask, "a", ONE))
        self.assertEqual(*self.hashes())
        self.assertLess(self.asked.count("volume_chunk"), 16)

    def test_what_arrives_damaged_is_no_copy(self) -> None:
        def damaged(method: str, arguments: Mapping[str, Any]) -> Any:
            answer = self.ask(method, arguments)
            return answer if method == "volume_map" else answer | {"data": base64.b64encode(b"other").decode()}

        self.assertRaises(errors.Retry, self.copy, moving.RemoteChunks(damaged, "a", ONE))
        self.target.discard(ONE)
        self.target.create(ONE, 1)  # something else bears its name
        self.assertRaises(errors.Retry, self.copy, moving.RemoteChunks(self.ask, "a", ONE))
        self.assertFalse(self.target.path(ONE).exists())

    def test_a_volume_that_stays_is_told_to_nobody(self) -> None:
        self.moves = False
        self.assertRaises(errors.NotFound, self.ask, "volume_map", {"backend": "a", "volume_id": ONE})
        self.moves = True
        self.assertRaises(errors.NotFound, self.ask, "volume_chunk", {"backend": "b", "volume_id": ONE, "number": 0})


if __name__ == "__main__":
    unittest.main()
