"""What form the files of a backend have: raw, or qcow2 (qcow2.py). The backend says which files there are, a form what is in them."""

import contextlib
import fcntl
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Protocol

from cumulo.common import command, errors
from cumulo.common.image_files import CONVERT_LIMITS
from cumulo.volume.agent.backend import Sink, Source
from cumulo.volume.agent.open_file import FileSink, FileSource

COPY_TIMEOUT_S = 6 * 3600
FICLONE = 0x40049409  # linux/fs.h, on every architecture that we run on


class Form(Protocol):
    """One form of files that hold disks. What is to be made is not there yet."""

    name: str
    """As QEMU calls it."""
    is_open_alone: bool
    """Whether nobody else may have a file open while it is copied or grows."""

    def is_instant(self, directory: pathlib.Path) -> bool:
        """Say whether copies in a directory are made in one moment."""

    def create(self, path: pathlib.Path, size_bytes: int) -> None:
        """Make a file that holds zeros."""

    def copy(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Make a file of what another of the form holds, in the same directory."""

    def convert(self, image: pathlib.Path, disk_format: str, target: pathlib.Path) -> None:
        """Make a file of what an image holds, raw or qcow2."""

    def grow(self, path: pathlib.Path, size_bytes: int) -> None:
        """Make what it holds larger, never smaller; raises FileNotFoundError."""

    def size_bytes(self, path: pathlib.Path) -> int:
        """Return how much a file of ours holds; raises FileNotFoundError."""

    def stranger_bytes(self, path: pathlib.Path) -> int | None:
        """Return how much a file holds that somebody else made, None for what has not the form or would lead to other files."""

    def reading(self, path: pathlib.Path) -> contextlib.AbstractContextManager[Source]:
        """Open it; raises NotFound."""

    def writing(self, path: pathlib.Path, size_bytes: int) -> contextlib.AbstractContextManager[Sink]:
        """Open one that was just made."""

    def make_whole(self, path: pathlib.Path) -> None:
        """Have it need no other file."""

    def tidy(self, directory: pathlib.Path) -> None:
        """Leave nothing that no volume and no snapshot needs any more."""


class RawForm:
    """Implements Form: a file is a disk, with holes; copies share their blocks where the file system can do that."""

    name, is_open_alone = "raw", False

    def is_instant(self, directory: pathlib.Path) -> bool:
        """Try it."""
        with tempfile.TemporaryFile(dir=directory) as source, tempfile.TemporaryFile(dir=directory) as target:
            source.write(b"\0" * 4096)
            source.flush()
            try:
                fcntl.ioctl(target.fileno(), FICLONE, source.fileno())
            except OSError:
                return False
        return True

    def create(self, path: pathlib.Path, size_bytes: int) -> None:
        """Make a file that is one hole."""
        path.touch(mode=0o600)
        os.truncate(path, size_bytes)

    def copy(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy the file."""
        command.run(["cp", "--sparse=always", "--reflink=auto", str(source), str(target)], timeout_s=COPY_TIMEOUT_S)

    def convert(self, image: pathlib.Path, disk_format: str, target: pathlib.Path) -> None:
        """Write it out; of a raw one the blocks are shared where they can be."""
        if disk_format == "raw":
            self.copy(image, target)
        else:
            command.run(["qemu-img", "convert", "-f", disk_format, "-O", "raw", str(image), str(target)],
                        timeout_s=COPY_TIMEOUT_S, limits=CONVERT_LIMITS)

    def grow(self, path: pathlib.Path, size_bytes: int) -> None:
        """Make the file longer."""
        if path.stat().st_size < size_bytes:
            os.truncate(path, size_bytes)

    def size_bytes(self, path: pathlib.Path) -> int:
        """Return the length of the file."""
        return path.stat().st_size

    def stranger_bytes(self, path: pathlib.Path) -> int | None:
        """Return the length of the file."""
        return self.size_bytes(path)

    @contextlib.contextmanager
    def reading(self, path: pathlib.Path) -> Iterator[FileSource]:
        """Open the file."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError as failure:
            raise errors.NotFound("this backend does not have what is to be read", name=path.name) from failure
        try:
            yield FileSource(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def writing(self, path: pathlib.Path, size_bytes: int) -> Iterator[FileSink]:
        """Open the file."""
        descriptor = os.open(path, os.O_WRONLY)
        try:
            yield FileSink(descriptor, size_bytes)
        finally:
            os.close(descriptor)

    def make_whole(self, path: pathlib.Path) -> None:
        """It needs no other."""

    def tidy(self, directory: pathlib.Path) -> None:
        """There is nothing else."""
