"""Data on its way into a store: written and hashed at the same time, in native threads.

While one chunk is written and goes through both hashes, the next one is being read: what bounds it is the slowest of
the four, not their sum. Each stream has two chunks of memory, and all streams of a process share what there is: one
has big chunks, since handing a chunk to three threads costs the same whatever its size; many have small ones.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.image.store.protocol import Part

MEMORY_BYTES = 16 * 1024 * 1024
LARGEST_CHUNK, SMALLEST_CHUNK = 2 * 1024 * 1024, 128 * 1024
HASH_ALGORITHM = "sha512"
HASHES = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hashes that may be said of data which others have hashed, each with the length of its hexadecimal digits."""
Chunk = bytes | memoryview


class Source(Protocol):
    """Where data comes from: the body of a request, an open file or answer. One with readinto() is asked for that."""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end."""


class Memory:
    """How much of the process's memory its streams may have."""

    def __init__(self, total: int = MEMORY_BYTES) -> None:
        self._total = total
        self._streams = 0

    def enter(self) -> int:
        """Count one more stream; return the size of its chunks."""
        self._streams += 1
        return max(SMALLEST_CHUNK, min(LARGEST_CHUNK, self._total // (2 * self._streams)))

    def leave(self) -> None:
        """Count one stream less."""
        self._streams -= 1


class Intake:
    """One stream into one part."""

    def __init__(self, threads: Threads, part: Part, memory: Memory, algorithm: str = HASH_ALGORITHM) -> None:
        self._threads = threads
        self._part = part
        self._memory = memory
        self._digests = hashlib.md5(usedforsecurity=False), hashlib.new(algorithm)
        self._under_way: list[Callable[[], Any]] = []
        self._chunk_bytes = memory.enter()
        self._buffers = [bytearray(), bytearray()]

    def read(self, source: Source, most: int | None = None) -> Chunk:
        """Read the next chunk, nothing at the end, while the one before it is being worked on.

        It is good until the next but one is read. Raises BadRequest where the connection broke, or its chunks make
        no sense.
        """
        size = self._chunk_bytes if most is None else min(self._chunk_bytes, most)
        try:
            fill = getattr(source, "readinto", None)
            return source.read(size) if fill is None else self._fill(fill, size)
        except (OSError, ValueError) as failure:
            raise errors.BadRequest("The data ended early.") from failure

    def _fill(self, fill: Callable[[memoryview], int], size: int) -> memoryview:
        self._buffers.reverse()
        if len(self._buffers[0]) < size:
            self._buffers[0] = bytearray(size)
        view = memoryview(self._buffers[0])[:size]
        return view[:fill(view)]

    def add(self, chunk: Chunk) -> None:
        """Take a chunk over, once the one before it is done; raises what went wrong with that one."""
        self._wait()
        for call in (self._part.write, *(digest.update for digest in self._digests)):
            self._under_way.append(self._threads.begin_native(call, chunk))

    def finish(self) -> tuple[str, str]:
        """Return the MD5 and the other hash of everything, all of which is written."""
        self._wait()
        return self._digests[0].hexdigest(), self._digests[1].hexdigest()

    def stop(self) -> None:
        """Let go of the part: nothing is written to it any more, whatever became of the last chunk."""
        self._settle()
        self._memory.leave()

    def _wait(self) -> None:
        failure = self._settle()
        if failure is not None:
            raise failure

    def _settle(self) -> OSError | None:
        """Wait for all that is under way; return what went wrong."""
        waits, self._under_way = self._under_way, []
        failure = None
        for wait in waits:
            try:
                wait()
            except OSError as raised:
                failure = raised
        return failure
