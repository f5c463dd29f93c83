"""A backend of files in a directory, which may be a mounted share: one file a volume, one a snapshot, raw or qcow2 (forms.py).

    volume-<id>, snapshot-<id>      whole
    volume-<id>.new                 being made; whoever makes it again begins anew

A volume takes the room of what was written to it. Copies of raw files share their blocks with what they were made of where
the file system can do that (XFS, Btrfs), those of qcow2 files everywhere: then clones and snapshots are instant.
"""

import contextlib
import os
import pathlib
from collections.abc import Callable
from typing import Any

from cumulo.common import command, durable_files, errors
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.image_files import inspect
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import BY_GUEST
from cumulo.volume.agent import strangers
from cumulo.volume.agent.backend import Capacity, Copy, Sink, Source, Stranger
from cumulo.volume.agent.forms import COPY_TIMEOUT_S, Form, RawForm

GIB = 1024**3
VERSION = "1.0"
VOLUME, SNAPSHOT, PARTIAL = "volume-", "snapshot-", ".new"
Closed = Callable[[str], contextlib.AbstractContextManager[None]]
"""Has nobody have a volume open for a moment, as far as it is we who have it open."""
# Guests run as a user of their own: it may pass through the directory, not list it.
PASS_THROUGH, MODE = 0o711, 0o600


class FileBackend:
    """Implements cumulo.volume.agent.backend.Backend."""

    def __init__(self, directory: pathlib.Path, threads: Threads, *, name: str, is_shared: bool = False, form: Form | None = None,
                 closed: Closed | None = None) -> None:
        self._directory = directory
        self._form = form or RawForm()
        self._closed = closed or (lambda volume_id: contextlib.nullcontext())
        self._can_change_in_use = closed is not None or not self._form.is_open_alone
        self._threads = threads
        self._name = name
        self._is_shared = is_shared

    def capabilities(self) -> dict[str, Any]:
        """Say that these are files."""
        self._prepare()
        return {"volume_backend_name": self._name, "storage_protocol": "file", "vendor_name": "Cumulo",
                "driver_version": VERSION, "host_bound": not self._is_shared, "encrypts": self._form.name == RawForm.name,
                "online_extend_support": self._can_change_in_use,
                "instant_snapshots": self._can_change_in_use and self._form.is_instant(self._directory),
                **({"copies_in_use": BY_GUEST} if self._form.name == RawForm.name else {})}

    def capacity(self) -> Capacity:
        """Return what the file system has."""
        self._prepare()
        found = os.statvfs(self._directory)
        return Capacity(found.f_blocks * found.f_frsize // GIB, round(found.f_bavail * found.f_frsize / GIB, 2))

    def path(self, volume_id: str) -> pathlib.Path:
        """Return the file of a volume, which need not be there."""
        return self._directory / f"{VOLUME}{volume_id}"

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make a file that holds nothing."""
        target = self.path(volume_id)
        if not target.exists():
            self._prepare()
            self._form.create(_fresh(target), size_gib * GIB)
            self._finish(target, size_gib)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Copy a volume's file."""
        with self._closed(source_id):
            self._copy(self.path(source_id), self.path(volume_id), size_gib)

    def clone_by(self, copy: Copy, volume_id: str, source_id: str, size_gib: int) -> None:
        """Have a volume's file copied."""
        self._have_copied(copy, self._existing(source_id), self.path(volume_id), size_gib)

    def snapshot_by(self, copy: Copy, snapshot_id: str, volume_id: str) -> None:
        """Have a volume's file copied."""
        self._have_copied(copy, self._existing(volume_id), self._snapshot(snapshot_id), 0)

    def half_made(self, its_id: str) -> tuple[pathlib.Path, ...]:
        """Return the files beside both."""
        return _partial(self.path(its_id)), _partial(self._snapshot(its_id))

    def _have_copied(self, copy: Copy, source: pathlib.Path, target: pathlib.Path, size_gib: int) -> None:
        if not target.exists():
            copy(source, _partial(target))
            self._finish(target, size_gib)

    def copy_plainly(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy the file."""
        self._form.copy(source, target)

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
        self._form.tidy(self._directory)

    def _write_image(self, target: pathlib.Path, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        if inspect(path, disk_format)["virtual-size"] > size_gib * GIB:
            raise errors.BadRequest(f"the image's disk is larger than {size_gib} GiB")
        self._form.convert(path, disk_format, _fresh(target))
        self._finish(target, size_gib)
        self._form.tidy(self._directory)

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str, snapshot_id: str | None = None) -> None:
        """Convert the file, leaving out what was never written."""
        source = self._snapshot(snapshot_id) if snapshot_id else self._existing(volume_id)
        command.run(["qemu-img", "convert", "-f", self._form.name, "-O", disk_format, str(source), str(path)],
                    timeout_s=COPY_TIMEOUT_S)

    def read(self, volume_id: str, snapshot_id: str | None = None) -> contextlib.AbstractContextManager[Source]:
        """Open the file."""
        return self._form.reading(self._snapshot(snapshot_id) if snapshot_id else self.path(volume_id))

    def write(self, volume_id: str, size_gib: int, fill: Callable[[Sink], None], *, replace: bool = False) -> None:
        """Write a file beside it, and give it the name when it is whole."""
        target = self.path(volume_id)
        if target.exists() and not replace:
            return
        self._prepare()
        partial = _fresh(target)
        self._form.create(partial, size_gib * GIB)
        with self._form.writing(partial, size_gib * GIB) as sink:
            fill(sink)
        self._finish(target, size_gib)
        self._form.tidy(self._directory)

    def discard(self, volume_id: str) -> None:
        """Remove the file beside it."""
        _fresh(self.path(volume_id))

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Make the file longer."""
        try:
            with self._closed(volume_id):
                self._form.grow(self.path(volume_id), size_gib * GIB)
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
        return {"kind": "file", "path": str(path.absolute()), "format": self._form.name}

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return none: whoever opens a file asks nobody."""
        return {}

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Copy a volume's file."""
        with self._closed(volume_id):
            self._copy(self.path(volume_id), self._snapshot(snapshot_id), 0)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the file."""
        self._remove(self._snapshot(snapshot_id))

    def strangers(self) -> tuple[Stranger, ...]:
        """List the directory of strangers."""
        self._prepare()
        return strangers.found(self._directory, self._form.stranger_bytes)

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Rename the file, and make its size one of full GiB."""
        target = self.path(volume_id)
        strangers.take_in(self._directory, name, target, self._form.stranger_bytes)
        target.chmod(MODE)
        self._form.grow(target, size_gib * GIB)
        durable_files.sync(self._directory)

    def release(self, volume_id: str, name: str) -> None:
        """Rename the file."""
        self._put_out(self.path(volume_id), name)

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the file."""
        target = self._snapshot(snapshot_id)
        strangers.take_in(self._directory, name, target, self._form.stranger_bytes)
        target.chmod(MODE)
        durable_files.sync(self._directory)

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the file."""
        self._put_out(self._snapshot(snapshot_id), name)

    def _put_out(self, source: pathlib.Path, name: str) -> None:
        self._prepare()
        self._form.make_whole(source)
        strangers.put_out(self._directory, source, name)
        self._form.tidy(self._directory)
        durable_files.sync(self._directory)

    def holdings(self) -> BackendHoldings:
        """List the directory."""
        self._prepare()
        names = sorted(os.listdir(self._directory))
        volumes = []
        for name in names:
            if name.startswith(VOLUME) and not name.endswith(PARTIAL):
                with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                    volumes.append((name.removeprefix(VOLUME), -(-self._form.size_bytes(self._directory / name) // GIB)))
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
        self._form.copy(source, _fresh(target))
        self._finish(target, size_gib)

    def _finish(self, target: pathlib.Path, size_gib: int) -> None:
        partial = _partial(target)
        partial.chmod(MODE)
        self._form.grow(partial, size_gib * GIB)
        self._threads.native(durable_files.sync, partial)
        partial.rename(target)
        durable_files.sync(self._directory)

    def _remove(self, path: pathlib.Path) -> None:
        for each in (path, _partial(path)):
            each.unlink(missing_ok=True)
        self._form.tidy(self._directory)

    def _prepare(self) -> None:
        self._directory.mkdir(mode=PASS_THROUGH, parents=True, exist_ok=True)


def _partial(target: pathlib.Path) -> pathlib.Path:
    return target.with_name(target.name + PARTIAL)


def _fresh(target: pathlib.Path) -> pathlib.Path:
    partial = _partial(target)
    partial.unlink(missing_ok=True)
    return partial
