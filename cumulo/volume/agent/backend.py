"""What the agent's steps ask of a backend. Every backend passes one suite: tests/fixtures/backend_suite.py.

Each call looks first and does only what is missing, so each may be repeated, also after a death half way. Volumes and
snapshots are named by their ids in everything that a backend makes. What is being made is not a volume yet: it becomes
one when it is whole.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

from cumulo.common.audit.holdings import BackendHoldings


@dataclasses.dataclass(frozen=True)
class Capacity:
    """What a backend has, in GiB, and how much of it is really free."""

    total_gib: int
    free_gib: float


@dataclasses.dataclass(frozen=True)
class Stranger:
    """What a backend has and nobody manages: its name there, and its size in full GiB."""

    name: str
    size_gib: int


class Source(Protocol):
    """What a volume or a snapshot holds, while it is being read."""

    @property
    def size_bytes(self) -> int:
        """Return how much it is."""

    def extents(self) -> Iterator[tuple[int, int]]:
        """Give the (first byte, byte behind) ranges that may hold something else than zeros, in order."""

    def read(self, offset: int, length: int) -> bytes:
        """Return so many bytes from an offset on, fewer at the end."""


class Sink(Protocol):
    """A volume being written; what nobody writes is zeros."""

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes at an offset; raises BadRequest for what lies behind its end."""


Copy = Callable[[pathlib.Path, pathlib.Path], None]
"""copy(source, target): make a file that holds what the source does at one moment."""


@runtime_checkable
class SlowBackend(Protocol):
    """What backends of files have besides, where copies take time: whoever has a volume open can copy it better."""

    def clone_by(self, copy: Copy, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a volume that holds what another one does, as clone does, of the file that a function makes."""

    def snapshot_by(self, copy: Copy, snapshot_id: str, volume_id: str) -> None:
        """Keep what a volume holds, as snapshot does, in the file that a function makes."""

    def copy_plainly(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy such a file to a new one; who writes to it meanwhile tears the copy."""

    def half_made(self, its_id: str) -> tuple[pathlib.Path, ...]:
        """Return where such files of a volume or a snapshot are until they are whole; they need not be there."""


class Backend(Protocol):
    """A place for volumes. Errors are CumuloErrors; Retry means that the same call may work later."""

    def capabilities(self) -> dict[str, Any]:
        """Return what types may ask for: volume_backend_name, storage_protocol, vendor_name, driver_version."""

    def capacity(self) -> Capacity:
        """Return what it has."""

    def create(self, volume_id: str, size_gib: int) -> None:
        """Make an empty volume."""

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Make a volume that holds what another one does now, and is at least as large; raises NotFound."""

    def restore(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Make a volume that holds what a snapshot does, and is at least as large; raises NotFound."""

    def fill(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Make a volume that holds the disk in a file, raw or qcow2; raises BadRequest for one that is larger."""

    def replace(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Give a volume what the disk in a file holds, at one moment; raises NotFound, and BadRequest for a larger disk."""

    def revert(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Give a volume what a snapshot of it holds, at one moment; it keeps its size. Raises NotFound."""

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str, snapshot_id: str | None = None) -> None:
        """Write what a volume, or a snapshot of it, holds to a file of a format: raw, qcow2, vmdk or vdi. Raises NotFound."""

    def read(self, volume_id: str, snapshot_id: str | None = None) -> contextlib.AbstractContextManager[Source]:
        """Open what a volume, or a snapshot of it, holds; raises NotFound. Nobody writes to it meanwhile."""

    def write(self, volume_id: str, size_gib: int, fill: Callable[[Sink], None], *, replace: bool = False) -> None:
        """Make a volume of what is written to it; with replace also in the place of one, which until then stays as it is."""

    def discard(self, volume_id: str) -> None:
        """Leave nothing half made of a volume; a whole one stays."""

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Make a volume larger, never smaller; raises NotFound."""

    def delete(self, volume_id: str) -> None:
        """Leave nothing of a volume, whole or half made; what is gone already is no error."""

    def connection(self, volume_id: str, host: str, own_host: str) -> dict[str, Any]:
        """Return how the guests of a host open a volume: {"kind": "file", "path", "format"} or the like.

        Raises NotFound, and Conflict where they cannot.
        """

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return {"user", "password"} that guests open it with, nothing where they need none. It stands in no row."""

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Keep what a volume holds now; a snapshot that is there stays as it is. Raises NotFound."""

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Leave nothing of a snapshot, whole or half made."""

    def strangers(self) -> tuple[Stranger, ...]:
        """Return what is here, is no volume or snapshot of this cloud's, and may be taken over; changes nothing."""

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Make a volume of a stranger, which is no larger; raises NotFound."""

    def release(self, volume_id: str, name: str) -> None:
        """Make a stranger of a volume, under a name; what is gone already is no error."""

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Make a snapshot of a stranger; raises NotFound."""

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Make a stranger of a snapshot, under a name; what is gone already is no error."""

    def holdings(self) -> BackendHoldings:
        """Return everything of this cloud that is really here, wanted or not; changes nothing."""
