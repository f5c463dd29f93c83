"""Volumes as images of a Ceph pool, by its tool rbd: every copy is a clone, made in one moment, which shares what it was made of.

    volume-<id>, snapshot-<id>      whole
    volume-<id>.new                 being made; whoever makes it again begins anew
    image-<id>                      the disk of an image that volumes were made of; it goes with the last of them
    unmanaged-<name>                what nobody manages

A snapshot is a clone too, so that volumes and snapshots may go in any order: one that others were cloned of goes to the pool's
trash, and from there with the last of them. Clones of clones are made whole when there are many below one another.

One agent alone has a pool. Formats of what the tool prints: Ceph's page "rbd". It ends with the number of the error.
"""

import contextlib
import errno
import hashlib
import json
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from cumulo.common import command, errors
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.clock import Clock
from cumulo.common.image_files import CONVERT_LIMITS, inspect
from cumulo.common.threads import Threads
from cumulo.volume.agent import open_disk
from cumulo.volume.agent.backend import Capacity, Sink, Source, Stranger
from cumulo.volume.agent.ceph import Pool

GIB = 1024**3
VERSION = "1.0"
VOLUME, SNAPSHOT, IMAGE, STRANGER, PARTIAL = "volume-", "snapshot-", "image-", "unmanaged-", ".new"
COPY_TIMEOUT_S = 6 * 3600
CAPACITY_EVERY_S = 30.0  # the answer takes a second of processor
MOST_BELOW = 8  # images below one another, before the uppermost is made whole
WHOLE = "cumulo.whole"  # said of an image that is to take the place of another, once it may
Info = dict[str, Any]


class RbdBackend:
    """Implements cumulo.volume.agent.backend.Backend."""

    def __init__(self, pool: Pool, clock: Clock, threads: Threads, *, name: str) -> None:
        self._pool = pool
        self._clock = clock
        self._threads = threads
        self._lock = threads.lock()  # images that volumes are made of
        self._name = name
        self._capacity: tuple[float, Capacity] | None = None

    def capabilities(self) -> dict[str, Any]:
        """Say that these are images of a pool."""
        return {"volume_backend_name": self._name, "storage_protocol": "ceph", "vendor_name": "Cumulo", "driver_version": VERSION,
                "instant_snapshots": True, "online_extend_support": True, "encrypts": False, "host_bound": False}

    def capacity(self) -> Capacity:
        """Return what the pool has and may get, as it was half a minute ago."""
        now = self._clock.monotonic()
        if self._capacity is None or now - self._capacity[0] >= CAPACITY_EVERY_S:
            used, left = self._pool.room()
            self._capacity = (now, Capacity(-(-(used + left) // GIB), round(left / GIB, 2)))
        return self._capacity[1]

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an image."""
        if self._found(VOLUME + volume_id) is None:
            self._create(VOLUME + volume_id, size_gib * GIB)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Clone the image."""
        if self._found(VOLUME + volume_id) is None:
            self._clone(VOLUME + source_id, VOLUME + volume_id, size_gib)

    def restore(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Clone the snapshot's image."""
        if self._found(VOLUME + volume_id) is None:
            self._clone(SNAPSHOT + snapshot_id, VOLUME + volume_id, size_gib)

    def fill(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Clone the image's disk, which is written to the pool unless it is there."""
        if self._found(VOLUME + volume_id) is None:
            with self._lock:
                self._clone(self._disk_of(size_gib, path, disk_format), VOLUME + volume_id, size_gib)

    def replace(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Clone the image's disk, and let the clone take the volume's place."""
        self._existing(volume_id)
        with self._lock:
            self._clone_beside(self._disk_of(size_gib, path, disk_format), VOLUME + volume_id, size_gib)
        self._settle(VOLUME + volume_id)

    def revert(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Clone the snapshot's image, and let the clone take the volume's place."""
        self._existing(volume_id)
        self._clone_beside(SNAPSHOT + snapshot_id, VOLUME + volume_id, size_gib)
        self._settle(VOLUME + volume_id)

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str, snapshot_id: str | None = None) -> None:
        """Convert the image; of one in use, there is a snapshot."""
        name = SNAPSHOT + snapshot_id if snapshot_id else VOLUME + volume_id
        if self._found(name) is None:
            raise errors.NotFound("this backend does not have what is to be written out", name=name)
        disk = {"driver": "raw", "file": self._pool.opened(name)}
        command.run(["qemu-img", "convert", "-O", disk_format, f"json:{json.dumps(disk)}", str(path)], timeout_s=COPY_TIMEOUT_S)

    @contextlib.contextmanager
    def read(self, volume_id: str, snapshot_id: str | None = None) -> Iterator[Source]:
        """Have QEMU open the image."""
        name = SNAPSHOT + snapshot_id if snapshot_id else VOLUME + volume_id
        if self._found(name) is None:
            raise errors.NotFound("this backend does not have what is to be read", name=name)
        with open_disk.opened(self._pool.opened(name), self._threads, writes=False, ranges=self._pool.written(name)) as disk:
            yield disk

    def write(self, volume_id: str, size_gib: int, fill: Callable[[Sink], None], *, replace: bool = False) -> None:
        """Write an image beside it, and give it the name when it is whole."""
        there, partial = self._found(VOLUME + volume_id), VOLUME + volume_id + PARTIAL
        if there is not None and not replace:
            return
        self._remove(partial)
        self._create(partial, size_gib * GIB)
        with open_disk.opened(self._pool.opened(partial), self._threads, writes=True) as disk:
            fill(disk)
        self._settle(VOLUME + volume_id)

    def discard(self, volume_id: str) -> None:
        """Remove the image beside it, unless it has taken its place already but for its name."""
        self._found(VOLUME + volume_id)
        self._remove(VOLUME + volume_id + PARTIAL)

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Make the image larger."""
        self._grow(VOLUME + volume_id, self._existing(volume_id), size_gib)

    def delete(self, volume_id: str) -> None:
        """Remove the image."""
        for each in (VOLUME + volume_id, VOLUME + volume_id + PARTIAL):
            self._remove(each)

    def connection(self, volume_id: str, host: str, own_host: str) -> dict[str, Any]:
        """Return where the cluster is, and by which name its images are opened; the key is told apart."""
        self._existing(volume_id)
        return {"kind": "rbd", "format": "raw", "pool": self._pool.name, "image": VOLUME + volume_id, "user": self._pool.user,
                "monitors": self._pool.monitors(), "auth": True}

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return the name and the key that guests' hosts open images with."""
        return {"user": self._pool.user, "password": self._pool.key()}

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Clone the image."""
        if self._found(SNAPSHOT + snapshot_id) is None:
            self._clone(VOLUME + volume_id, SNAPSHOT + snapshot_id, 0)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove the image."""
        for each in (SNAPSHOT + snapshot_id, SNAPSHOT + snapshot_id + PARTIAL):
            self._remove(each)

    def strangers(self) -> tuple[Stranger, ...]:
        """List those of the pool."""
        return tuple(Stranger(name.removeprefix(STRANGER), max(1, -(-size // GIB)))
                     for name, size in self._pool.sizes() if name.startswith(STRANGER))

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Rename the image, and make its size one of full GiB."""
        self._take_in(name, VOLUME + volume_id)
        self.extend(volume_id, size_gib)

    def release(self, volume_id: str, name: str) -> None:
        """Rename the image."""
        self._put_out(VOLUME + volume_id, name)

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the image."""
        self._take_in(name, SNAPSHOT + snapshot_id)

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Rename the image."""
        self._put_out(SNAPSHOT + snapshot_id, name)

    def holdings(self) -> BackendHoldings:
        """List the pool."""
        sizes = self._pool.sizes()
        own = [(name, size) for name, size in sizes if name.startswith((VOLUME, SNAPSHOT))]
        whole = [(name, size) for name, size in own if not name.endswith(PARTIAL)]
        return BackendHoldings(
            tuple((name.removeprefix(VOLUME), -(-size // GIB)) for name, size in whole if name.startswith(VOLUME)),
            tuple(name.removeprefix(SNAPSHOT) for name, _ in whole if name.startswith(SNAPSHOT)),
            tuple(name.removesuffix(PARTIAL).partition("-")[2] for name, _ in own if name.endswith(PARTIAL)))

    def _found(self, name: str) -> Info | None:
        """Return what the cluster says of an image; first it gets its name, where a death left it without."""
        found = self._pool.info(name)
        if found is None and self._pool.is_marked(name + PARTIAL, WHOLE):
            self._pool.rename(name + PARTIAL, name)
            found = self._pool.info(name)
        return found

    def _existing(self, volume_id: str) -> Info:
        found = self._found(VOLUME + volume_id)
        if found is None:
            raise errors.NotFound("this backend has no such volume", volume_id=volume_id)
        return found

    def _create(self, name: str, size_bytes: int) -> None:
        self._pool.run("create", "--size", f"{size_bytes}B", name)

    def _grow(self, name: str, info: Info, size_gib: int) -> None:
        if info["size"] < size_gib * GIB:
            self._pool.run("resize", "--size", f"{size_gib}G", name)

    def _clone(self, source: str, target: str, size_gib: int) -> None:
        """Make a clone that bears another name until it is whole; raises NotFound."""
        self._clone_beside(source, target, size_gib)
        self._pool.rename(target + PARTIAL, target)

    def _clone_beside(self, source: str, target: str, size_gib: int) -> None:
        info = self._found(source)
        if info is None:
            raise errors.NotFound("this backend does not have what is to be copied", name=source)
        partial, moment = target + PARTIAL, f"{source}@{target}"
        self._remove(partial)
        self._pool.drop_moment(moment)  # an earlier one, which a death left
        self._pool.run("snap", "create", moment)
        self._pool.clone(moment, partial)
        self._pool.drop_moment(moment)
        self._grow(partial, info, size_gib)
        if self._below(info) >= MOST_BELOW:
            self._pool.run("flatten", partial, timeout_s=COPY_TIMEOUT_S)

    def _below(self, info: Info) -> int:
        """Return how many images an image lies over."""
        count, parent = 0, info.get("parent")
        while parent is not None:
            count, parent = count + 1, (self._pool.info_by_id(parent["id"]) or {}).get("parent")
        return count

    def _settle(self, name: str) -> None:
        """Give what was made beside an image, or beside nothing, its name; from the mark on it is what the image is."""
        self._pool.run("image-meta", "set", name + PARTIAL, WHOLE, "1")
        self._remove(name)
        self._pool.rename(name + PARTIAL, name)
        self._pool.run("image-meta", "remove", name, WHOLE)

    def _remove(self, name: str) -> None:
        """Remove an image, or let it go with the last that was cloned of it; and what went to the trash for this one alone."""
        info = self._pool.info(name)
        if info is None:
            return
        self._drop_moments_of_source(info)
        if info["snapshot_count"]:
            self._pool.run("snap", "purge", name)
        if self._pool.run("rm", name, may_end_with=(errno.ENOTEMPTY,)):
            self._pool.run("trash", "mv", name)
            return
        parent = info.get("parent")
        while parent is not None:
            parent = self._let_go(parent)

    def _let_go(self, parent: Info) -> Info | None:
        """Remove what an image was cloned of where nobody else needs it; return what that was cloned of."""
        if parent["image"].startswith(IMAGE):
            with self._lock:  # nobody makes a volume of it meanwhile
                if not self._pool.is_used(parent["image"]):
                    self._remove(parent["image"])
            return None
        if not self._pool.is_trash(parent["id"]):
            return None
        info = self._pool.info_by_id(parent["id"]) or {}
        is_used = self._pool.run("trash", "rm", parent["id"], may_end_with=(errno.ENOTEMPTY, errno.EBUSY))
        return None if is_used else info.get("parent")

    def _drop_moments_of_source(self, info: Info) -> None:
        """Drop the moment that a clone was made of, where a death left it."""
        parent = info.get("parent") or {}
        if parent.get("snapshot", "").startswith((VOLUME, SNAPSHOT)):
            self._pool.drop_moment(f"{parent['image']}@{parent['snapshot']}")

    def _disk_of(self, size_gib: int, path: pathlib.Path, disk_format: str) -> str:
        """Return the image of the pool that holds a disk in a file, written to it now unless it is there; with the lock."""
        size = inspect(path, disk_format)["virtual-size"]
        if size > size_gib * GIB:
            raise errors.BadRequest(f"the image's disk is larger than {size_gib} GiB")
        state = path.stat()
        told = f"{path.name} {disk_format} {state.st_size} {state.st_mtime_ns}"
        name = IMAGE + hashlib.sha256(told.encode()).hexdigest()[:32]
        if self._pool.info(name) is None:
            self._remove(name + PARTIAL)
            self._create(name + PARTIAL, size)
            target = [f"file.{key}={value.replace(',', ',,')}" for key, value in self._pool.opened(name + PARTIAL).items()]
            command.run(["qemu-img", "convert", "-n", "--target-is-zero", "-f", disk_format, "--target-image-opts", str(path),
                         ",".join(["driver=raw", *target])], timeout_s=COPY_TIMEOUT_S, limits=CONVERT_LIMITS)
            self._pool.rename(name + PARTIAL, name)
        return name

    def _take_in(self, name: str, target: str) -> None:
        if self._found(target) is not None:
            return
        if self._pool.info(STRANGER + name) is None:
            raise errors.NotFound("this backend has nothing of that name that may be taken over", name=name)
        self._pool.rename(STRANGER + name, target)

    def _put_out(self, source: str, name: str) -> None:
        if not re.fullmatch(r"[\w.-]{1,255}", name):
            raise errors.BadRequest("what is given up needs a plain name", name=name)
        if self._found(source) is not None:
            self._pool.rename(source, STRANGER + name)
