"""Image data as files: written under a temporary name, made durable, renamed, all in that order.

A name is an id that this cloud made, never text from a user. A file under its final name is whole;
a file under a temporary name belongs to an upload that runs or to one that died.

    part = store.create(name); part.write(chunk) ...; part.commit()    or part.close(); store.delete(name)
"""

import contextlib
import os
from typing import BinaryIO

from cumulo.common.audit.holdings import StoreHoldings

_PART = ".part"
_WRITE_BACK_BYTES = 8 * 1024 * 1024


class FileStore:
    """A directory of image data."""

    kind = "file"
    writable = True
    local = True

    def __init__(self, directory: str, name: str = "file") -> None:
        self.name = name
        self._directory = os.path.abspath(directory)

    @property
    def directory(self) -> str:
        """Return the directory."""
        return self._directory

    @property
    def place(self) -> str:
        """Return the directory."""
        return self._directory

    def prepare(self) -> None:
        """Make the directory; only the services may look into it."""
        os.makedirs(self._directory, mode=0o700, exist_ok=True)

    def path(self, name: str) -> str:
        """Return the path of whole data, which need not be there."""
        return os.path.join(self._directory, name)

    def partial_path(self, name: str) -> str:
        """Return the path of data in part, which need not be there."""
        return self.path(name) + _PART

    def create(self, name: str) -> "Part":
        """Begin to store data; raises FileExistsError when the name is being written already."""
        self.prepare()
        return Part(self._directory, name)

    def open(self, name: str, first: int = 0) -> BinaryIO:
        """Open whole data for reading from a byte on; raises FileNotFoundError."""
        file = open(self.path(name), "rb", buffering=0)
        file.seek(first)
        return file

    def size(self, name: str) -> int:
        """Return the bytes of whole data; raises FileNotFoundError."""
        return os.path.getsize(self.path(name))

    def delete(self, name: str) -> None:
        """Remove data, whole or in part. What is gone already is no error."""
        for path in (self.path(name), self.partial_path(name)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def names(self) -> set[str]:
        """Return the names of all data, whole or in part."""
        self.prepare()
        return {entry.removesuffix(_PART) for entry in os.listdir(self._directory)}

    def holdings(self) -> StoreHoldings:
        """Return the names of whole data and of data in part."""
        self.prepare()
        names = sorted(os.listdir(self._directory))
        return StoreHoldings(tuple(name for name in names if not name.endswith(_PART)),
                             tuple(name.removesuffix(_PART) for name in names if name.endswith(_PART)))

    def usage(self) -> int:
        """Return the bytes of all files."""
        self.prepare()
        total = 0
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                    total += entry.stat().st_size
        return total


class Part:
    """Data being written."""

    def __init__(self, directory: str, name: str) -> None:
        self._directory = directory
        self._final = os.path.join(directory, name)
        self.path = self._final + _PART
        self._file = open(self.path, "xb", buffering=0)
        self._sent_back = 0
        self.size = 0

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk."""
        left = memoryview(chunk)
        while left:
            left = left[self._file.write(left) or 0:]
        self.size += len(chunk)
        if self.size - self._sent_back >= _WRITE_BACK_BYTES:
            # The kernel begins to write what it is told it may forget, and keeps it: a page that is being written is
            # not forgotten. So commit() finds the disk done with nearly everything instead of just beginning.
            os.posix_fadvise(self._file.fileno(), self._sent_back, self.size - self._sent_back, os.POSIX_FADV_DONTNEED)
            self._sent_back = self.size

    def commit(self) -> None:
        """Make the data durable under its final name."""
        os.fsync(self._file.fileno())
        self.close()
        os.rename(self.path, self._final)
        # The name itself is only durable once its directory is.
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Write no more; what is not committed is still in part."""
        self._file.close()
