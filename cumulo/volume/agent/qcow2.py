"""Volumes as qcow2 files: copies are made in one moment on any file system, however much they hold.

    layer-<number>    what volumes and snapshots held at one moment: nobody writes to it
    volume-<id>       what was written since, over the layer that it names
    snapshot-<id>     the same, and nobody writes to it

To copy a file is to freeze it: it becomes a layer, and two files that are empty take its place and the copy's. A layer goes
with the last file that names it. What a volume alone has of layers is merged before it is frozen again, so that they do not
grow in number with every copy that comes and goes. Layers are named without their directory, which may be moved.

Nobody may have a file open that is frozen: what serves it lets go of it for that moment. QEMU locks what it opens, so that
a mistake fails.
"""

import contextlib
import dataclasses
import os
import pathlib
import struct
from collections import Counter
from collections.abc import Iterator, Mapping

from cumulo.common import command, durable_files, errors
from cumulo.common.image_files import CONVERT_LIMITS, inspect, names_other_files
from cumulo.common.threads import Threads
from cumulo.volume.agent import open_disk
from cumulo.volume.agent.open_disk import OpenDisk

LAYER, TOP = "layer-", ".top"
MODE = 0o600
TIMEOUT_S = 60.0
COPY_TIMEOUT_S = 6 * 3600
MERGED_BYTES = 64 * 1024 * 1024  # what is merged at once while a guest may wait for it
MOST_LAYERS = 32  # below one volume, before it is merged whatever it takes
_OPTIONS = "cluster_size=128k,extended_l2=on"  # over a layer, 4 KiB are written for 4 KiB
_HEADER = struct.Struct(">4sIQIIQIIQ")
"""magic, version, where the name of the file below is, its length, bits of a cluster, size, encryption, and the table of tables:
how many, and where. QEMU's docs/interop/qcow2.txt."""
_MAGIC = b"QFI\xfb"


@dataclasses.dataclass(frozen=True)
class Head:
    """What the header of a file says."""

    below: str  # the name of the file that it lies over; none if empty
    size_bytes: int
    is_empty: bool  # nothing was ever written to it


class Qcow2Form:
    """Implements cumulo.volume.agent.forms.Form."""

    name, is_open_alone = "qcow2", True

    def __init__(self, threads: Threads) -> None:
        self._lock = threads.lock()  # layers: who makes one, and who looks for those that nobody needs
        self._threads = threads

    def is_instant(self, directory: pathlib.Path) -> bool:
        """Say yes."""
        return True

    def create(self, path: pathlib.Path, size_bytes: int) -> None:
        """Make an empty file."""
        _create(path, size_bytes, "")

    def copy(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Freeze the source, and lay an empty file over it."""
        with self._lock:
            layer = self._freeze(source)
            _create(target, read_head(source).size_bytes, layer)

    def convert(self, image: pathlib.Path, disk_format: str, target: pathlib.Path) -> None:
        """Write it out."""
        command.run(["qemu-img", "convert", "-f", disk_format, "-O", self.name, "-o", _OPTIONS, str(image), str(target)],
                    timeout_s=COPY_TIMEOUT_S, limits=CONVERT_LIMITS)

    def grow(self, path: pathlib.Path, size_bytes: int) -> None:
        """Have qemu-img do it."""
        if read_head(path).size_bytes < size_bytes:
            command.run(["qemu-img", "resize", "-q", "-f", self.name, str(path), str(size_bytes)], timeout_s=TIMEOUT_S)

    def size_bytes(self, path: pathlib.Path) -> int:
        """Ask its header."""
        return read_head(path).size_bytes

    def stranger_bytes(self, path: pathlib.Path) -> int | None:
        """Ask its header, and qemu-img whether its data is in it."""
        try:
            size_bytes = read_head(path).size_bytes
        except errors.BadRequest:
            return None
        return None if names_other_files(inspect(path, self.name), str(path)) else size_bytes

    @contextlib.contextmanager
    def reading(self, path: pathlib.Path) -> Iterator[OpenDisk]:
        """Have QEMU open it."""
        if not path.exists():
            raise errors.NotFound("this backend does not have what is to be read", name=path.name)
        with open_disk.opened(_options(path), self._threads, writes=False) as disk:
            yield disk

    @contextlib.contextmanager
    def writing(self, path: pathlib.Path, size_bytes: int) -> Iterator[OpenDisk]:
        """Have QEMU open it."""
        with open_disk.opened(_options(path), self._threads, writes=True) as disk:
            yield disk

    def make_whole(self, path: pathlib.Path) -> None:
        """Copy what it has of others into it."""
        if path.exists() and read_head(path).below:
            command.run(["qemu-img", "rebase", "-q", "-f", self.name, "-F", self.name, "-b", "", str(path)], timeout_s=COPY_TIMEOUT_S)

    def tidy(self, directory: pathlib.Path) -> None:
        """Remove the layers that no file names, and then those that only these did."""
        with self._lock:
            for each in directory.glob(f"{LAYER}*{TOP}"):
                each.unlink()
            while unneeded := [each for each in _layers(directory) if not _users(directory)[each.name]]:
                for each in unneeded:
                    each.unlink()

    def _freeze(self, path: pathlib.Path) -> str:
        """Return the name of a layer that holds what a file does; the file lies over it then."""
        _see_that_nobody_writes(path)
        self._merge(path)
        head = read_head(path)
        if head.is_empty and head.below:
            return head.below
        number = 1 + max((int(each.name.removeprefix(LAYER)) for each in _layers(path.parent)), default=0)
        layer = path.with_name(f"{LAYER}{number}")
        top = path.with_name(layer.name + TOP)
        top.unlink(missing_ok=True)
        os.link(path, layer)  # at once both: the file, until the empty one takes its place
        _create(top, head.size_bytes, layer.name)
        top.rename(path)
        durable_files.sync(path.parent)
        return layer.name

    def _merge(self, path: pathlib.Path) -> None:
        """Write what a file holds into the layer below it where nobody else needs that, and let this take its place.

        Until it does, the file goes on to hold what it held.
        """
        head, below = read_head(path), _below(path)
        if not below or head.is_empty or _users(path.parent)[head.below] > 1:
            return
        if path.stat().st_blocks * 512 <= MERGED_BYTES or len(below) > MOST_LAYERS:
            command.run(["qemu-img", "commit", "-q", "-d", "-f", self.name, str(path)], timeout_s=COPY_TIMEOUT_S)
            durable_files.sync(below[0])
            below[0].rename(path)


def read_head(path: pathlib.Path) -> Head:
    """Return what a file's header says; raises BadRequest for a file that is no qcow2."""
    with path.open("rb") as file:
        packed = file.read(_HEADER.size)
        if len(packed) < _HEADER.size or not packed.startswith(_MAGIC):
            raise errors.BadRequest("the file is not qcow2", name=path.name)
        _, _, name_at, name_length, _, size, _, tables, tables_at = _HEADER.unpack(packed)
        file.seek(name_at)
        below = file.read(name_length).decode("utf-8", "replace") if name_at else ""
        file.seek(tables_at)
        return Head(below, size, not file.read(tables * 8).strip(b"\0"))


def _options(path: pathlib.Path) -> Mapping[str, object]:
    return {"driver": "qcow2", "discard": "unmap", "file": {"driver": "file", "filename": str(path), "discard": "unmap"}}


def _create(path: pathlib.Path, size_bytes: int, below: str) -> None:
    over = ["-u", "-F", "qcow2", "-b", below] if below else []
    command.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", _OPTIONS, *over, str(path), str(size_bytes)], timeout_s=TIMEOUT_S)
    path.chmod(MODE)
    durable_files.sync(path)


def _see_that_nobody_writes(path: pathlib.Path) -> None:
    """Raise CommandFailed while a QEMU has a file open to write to it."""
    command.run(["qemu-img", "info", "-f", "qcow2", str(path)], timeout_s=TIMEOUT_S)


def _layers(directory: pathlib.Path) -> list[pathlib.Path]:
    return sorted(each for each in directory.glob(f"{LAYER}*") if not each.name.endswith(TOP))


def _below(path: pathlib.Path) -> list[pathlib.Path]:
    """Return the layers that a file lies over, the next one first."""
    found: list[pathlib.Path] = []
    while below := read_head(path).below:
        path = path.with_name(below)
        found.append(path)
    return found


def _users(directory: pathlib.Path) -> Counter[str]:
    """Return how many files name each layer. What is half written by somebody else may be no file of ours yet: it names none."""
    found: Counter[str] = Counter()
    for each in directory.iterdir():
        if each.is_file():
            with contextlib.suppress(errors.BadRequest, FileNotFoundError):
                found[read_head(each).below] += 1
    return found
