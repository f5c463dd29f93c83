"""A backend of raw files in a directory, which may be a mounted share: one file a volume, one a snapshot.

    volume-<id>, snapshot-<id>      whole
    volume-<id>.new                 being made; whoever makes it again begins anew

Files have holes, so a volume takes the room of what was written to it. Copies share their blocks with what they were
made of where the file system can do that (XFS, Btrfs): then clones and snapshots are instant.
"""

import contextlib
import fcntl
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from cumulo.common import command, durable_files, errors
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.image_files import CONVERT_LIMITS, inspect
from cumulo.common.threads import Threads
from cumulo.volume.agent import strangers
from cumulo.volume.agent.backend import Capacity, Stranger
from cumulo.volume.agent.open_file import FileSink, FileSource

GIB = 1024**3
COPY_TIMEOUT_S = 6 * 3600
VERSION = "1.0"
FICLONE = 0x40049409  # linux/fs.h, on every architecture that we run on
VOLUME, SNAPSHOT, PARTIAL = "volume-", "snapshot-", ".new"
# Guests run as a user of their own: it may pass through the directory, not list it.
PASS_THROUGH, MODE = 0o711, 0o600


class FileBackend:
    """Implements cumulo.volume.agent.backend.Backend."""

    def __init__(self, directory: pathlib.Path, threads: Threads, *, name: str, is_shared: bool = False) -> None:
        self._directory = directory
        self._threads = threads
        self._name = name
        self._is_shared = is_shared

    def capabilities(self) -> dict[str, Any]:
        """Say that these are files."""
        return {"volume_backend_name": self._name, "storage_protocol": "file", "vendor_name": "Cumulo",
                "driver_version": VERSION, "instant_snapshots": self._shares_blocks(), "encrypts": True,
                "host_bound": not self._is_shared}

    def _shares_blocks(self) -> bool:
        """Say whether a copy here is made in one moment, by trying it."""
        self._prepare()
        with tempfile.TemporaryFile(dir=self._directory) as source, tempfile.TemporaryFile(dir=self._directory) as target:
            source.write(b"\0" * 4096)
            source.flush()
            try:
                fcntl.ioctl(target.fileno(), FICLONE, source.fileno())
            except OSError:
                return False
        return True

    def capacity(self) -> Capacity:
        """Return what the file system has."""
        self._prepare()
        found = os.statvfs(self._directory)
        return Capacity(found.f_blocks * found.f_frsize // GIB, round(found.f_bavail * found.f_frsize / GIB, 2))

    def path(self, volume_id: str) -> pathlib.Path:
        """Return the file of a volume, which need not be there."""
        return self._directory / f"{VOLUME}{volume_id}"

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make a file that is one hole."""
        target = self.path(volume_id)
        if not target.exists():
            self._prepare()
            with _fresh(target).open("wb") as file:
                os.fchmod(file.fileno(), MODE)
            self._finish(target, size_gib)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Copy a volume's file."""
        self._copy(self.path(source_id), self.path(volume_id), size_gib)

    def restore(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Copy a snapshot's file."""
        self._copy(self._snapshot(snapshot_id), self.path(volume_id), size_gib)

    def fill(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Write the disk out; of a raw one the blocks are shared where they can be."""
        target = self.path(volume_id)
        if not target.exists():
            self._prepare()
            self._write_image(target, size_gib, path, disk_format)

    def replace(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Write the disk out beside the volume's file, and let it take its place."""
        self._write_image(self._existing(volume_id), size_gib, path, disk_format)

    def revert(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Copy the snapshot's file, and let the copy take the place of the volume's."""
        target, source = self._existing(volume_id), self._snapshot(snapshot_id)
        if not source.exists():
            raise errors.NotFound("this backend has no such snapshot", snapshot_id=snapshot_id)
        self._write_copy(source, target, size_gib)

    def _write_image(self, target: pathlib.Path, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        if inspect(path, disk_format)["virtual-size"] > size_gib * GIB:
            raise errors.BadRequest(f"the image's disk is larger than {size_gib} GiB")
        if disk_format == "raw":
            self._write_copy(path, target, size_gib)
            return
        partial = _fresh(target)
        command.run(["qemu-img", "convert", "-f", disk_format, "-O", "raw", str(path), str(partial)],
                    timeout_s=COPY_TIMEOUT_S, limits=CONVERT_LIMITS)
        partial.chmod(MODE)
        self._finish(target, size_gib)

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str) -> None:
        """Convert the file, leaving out what was never written."""
        source = self._existing(volume_id)
        command.run(["qemu-img", "convert", "-f", "raw", "-O", disk_format, str(source), str(path)], timeout_s=COPY_TIMEOUT_S)

    @contextlib.contextmanager
    def read(self, volume_id: str, snapshot_id: str | None = None) -> Iterator[FileSource]:
        """Open the file."""
        path = self._snapshot(snapshot_id) if snapshot_id else self.path(volume_id)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError as failure:
            raise errors.NotFound("this backend does not have what is to be read", name=path.name) from failure
        try:
            yield FileSource(descriptor)
        finally:
            os.close(descriptor)

    def write(self, volume_id: str, size_gib: int, fill: Callable[[FileSink], None], *, replace: bool = False) -> None:
        """Write a file beside it, and give it the name when it is whole."""
        target = self.path(volume_id)
        if target.exists() and not replace:
            return
        self._prepare()
        partial = _fresh(target)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        try:
            fill(FileSink(descriptor, size_gib * GIB))
        finally:
            os.close(descriptor)
        self._finish(target, size_gib)

    def discard(self, volume_id: str) -> None:
        """Remove the file beside it."""
        _fresh(self.path(volume_id))

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Make the file longer."""
        try:
            _grow(self.path(volume_id), size_gib)
        except FileNotFoundError as failure:
            raise errors.NotFound("this backend has no such volume", volume_id=volume_id) from failure

    def delete(self, volume_id: str) -> None:
        """Remove the file."""
        self._remove(self.path(volume_id))

    def connection(self, volume_id: str, host: str, own_host: str) -> dict[str, Any]:
        """Return the path of the file, which other hosts see only on a share."""
        path = self._existing(volume_id)
        if host != own_host and not self._is_shared:
            raise errors.Conflict(f"the volume is on host {own_host}, and the server on {host} cannot reach it: its backend "
                                  "keeps files of its own host only")
        return {"kind": "file", "path": str(path.absolute()), "format": "raw"}

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Copy a volume's file."""
        self._copy(self.path(volume_id), self._snapshot(snapshot_id), 0)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the file."""
        self._remove(self._snapshot(snapshot_id))

    def strangers(self) -> tuple[Stranger, ...]:
        """List the directory of strangers."""
        self._prepare()
        return strangers.found(self._directory)

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Rename the file, and make its size one of full GiB."""
        target = self.path(volume_id)
        strangers.take_in(self._directory, name, target)
        target.chmod(MODE)
        _grow(target, size_gib)
        durable_files.sync(self._directory)

    def release(self, volume_id: str, name: str) -> None:
        """Rename the file."""
        self._put_out(self.path(volume_id), name)

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the file."""
        target = self._snapshot(snapshot_id)
        strangers.take_in(self._directory, name, target)
        target.chmod(MODE)
        durable_files.sync(self._directory)

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the file."""
        self._put_out(self._snapshot(snapshot_id), name)

    def _put_out(self, source: pathlib.Path, name: str) -> None:
        self._prepare()
        strangers.put_out(self._directory, source, name)
        durable_files.sync(self._directory)

    def holdings(self) -> BackendHoldings:
        """List the directory."""
        self._prepare()
        names = sorted(os.listdir(self._directory))
        volumes = []
        for name in names:
            if name.startswith(VOLUME) and not name.endswith(PARTIAL):
                with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                    volumes.append((name.removeprefix(VOLUME), -(-os.path.getsize(self._directory / name) // GIB)))
        snapshots = [name.removeprefix(SNAPSHOT) for name in names if name.startswith(SNAPSHOT) and not name.endswith(PARTIAL)]
        partial = [name.removesuffix(PARTIAL).partition("-")[2] for name in names if name.endswith(PARTIAL)]
        return BackendHoldings(tuple(volumes), tuple(snapshots), tuple(partial))

    def _snapshot(self, snapshot_id: str) -> pathlib.Path:
        return self._directory / f"{SNAPSHOT}{snapshot_id}"

    def _existing(self, volume_id: str) -> pathlib.Path:
        path = self.path(volume_id)
        if not path.exists():
            raise errors.NotFound("this backend has no such volume", volume_id=volume_id)
        return path

    def _copy(self, source: pathlib.Path, target: pathlib.Path, size_gib: int) -> None:
        if target.exists():
            return
        if not source.exists():
            raise errors.NotFound("this backend does not have what is to be copied", name=source.name)
        self._write_copy(source, target, size_gib)

    def _write_copy(self, source: pathlib.Path, target: pathlib.Path, size_gib: int) -> None:
        """Write a copy beside what it is to be, and let it take its place whole."""
        command.run(["cp", "--sparse=always", "--reflink=auto", str(source), str(_fresh(target))],
                    timeout_s=COPY_TIMEOUT_S)
        _partial(target).chmod(MODE)
        self._finish(target, size_gib)

    def _finish(self, target: pathlib.Path, size_gib: int) -> None:
        partial = _partial(target)
        _grow(partial, size_gib)
        self._threads.native(durable_files.sync, partial)
        partial.rename(target)
        durable_files.sync(self._directory)

    def _remove(self, path: pathlib.Path) -> None:
        for each in (path, _partial(path)):
            each.unlink(missing_ok=True)

    def _prepare(self) -> None:
        self._directory.mkdir(mode=PASS_THROUGH, parents=True, exist_ok=True)


def _partial(target: pathlib.Path) -> pathlib.Path:
    return target.with_name(target.name + PARTIAL)


def _fresh(target: pathlib.Path) -> pathlib.Path:
    partial = _partial(target)
    partial.unlink(missing_ok=True)
    return partial


def _grow(path: pathlib.Path, size_gib: int) -> None:
    if path.stat().st_size < size_gib * GIB:
        os.truncate(path, size_gib * GIB)
