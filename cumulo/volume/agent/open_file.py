"""A file, or a block device, that a volume's data is read from or written to."""

import errno
import os
from collections.abc import Iterator

from cumulo.common import errors


class FileSource:
    """Implements cumulo.volume.agent.backend.Source over an open file; its holes are not read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def size_bytes(self) -> int:
        """Return the length of the file."""
        return os.fstat(self._descriptor).st_size

    def extents(self) -> Iterator[tuple[int, int]]:
        """Ask the file system where there is data."""
        end = 0
        while end < self.size_bytes:
            try:
                first = os.lseek(self._descriptor, end, os.SEEK_DATA)
            except OSError as failure:
                if failure.errno != errno.ENXIO:
                    raise
                return  # a hole to the end
            end = os.lseek(self._descriptor, first, os.SEEK_HOLE)
            yield first, end

    def read(self, offset: int, length: int) -> bytes:
        """Read until there is so much, or the end."""
        pieces, wanted = [], length
        while wanted and (piece := os.pread(self._descriptor, wanted, offset + length - wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)


class FileSink:
    """Implements cumulo.volume.agent.backend.Sink over an open file."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self._descriptor = descriptor
        self._size_bytes = size_bytes

    def write(self, offset: int, data: bytes) -> None:
        """Write all of it."""
        if offset + len(data) > self._size_bytes:
            raise errors.BadRequest("what is written to the volume is larger than it")
        left = memoryview(data)
        while left:
            written = os.pwrite(self._descriptor, left, offset)
            offset, left = offset + written, left[written:]
