"""A backend that stores nothing: it remembers volumes in a file, and waits and fails as it is told.

What it knows survives its process, like real volumes do. The script is read before every call, so a test changes delays
and faults while the agent runs:

    {"delays": {"create": 2.5}, "faults": {"snapshot": "no room"}}
"""

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from cumulo.common import command, errors
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import BY_GUEST
from cumulo.volume.agent.backend import Capacity, Copy, Stranger

VERSION = "1.0"
COMMAND_S = 60.0
GIB = 1024**3
VOLUME, SNAPSHOT, PARTIAL = "volume-", "snapshot-", ".new"
MOST_REMEMBERED = 64  # bytes of what is written to a volume


class FakeBackend:
    """Implements cumulo.volume.agent.backend.Backend without storing anything."""

    def __init__(self, path: pathlib.Path, clock: Clock, threads: Threads, *, name: str, total_gib: int, script: str = "",
                 is_instant: bool = True) -> None:
        self._path = path
        self._clock = clock
        self._lock = threads.lock()
        self._name = name
        self._total_gib = total_gib
        self._script_path = script
        self._is_instant = is_instant
        self._known: dict[str, dict[str, Any]] = self._read()

    def capabilities(self) -> dict[str, Any]:
        """Say that nothing is stored."""
        return {"volume_backend_name": self._name, "storage_protocol": "fake", "vendor_name": "Cumulo",
                "driver_version": VERSION, "instant_snapshots": self._is_instant, "copies_in_use": BY_GUEST, "encrypts": True}

    def capacity(self) -> Capacity:
        """Return what was configured, less what volumes have."""
        used = sum(each["size_gib"] for each in self._known["volumes"].values())
        return Capacity(self._total_gib, float(max(0, self._total_gib - used)))

    def create(self, volume_id: str, size_gib: int) -> None:
        """Remember a volume."""
        self._begin("create")
        self._add(volume_id, size_gib)

    def clone(self, volume_id: str, source_id: str, size_gib: int) -> None:
        """Remember a volume; raises NotFound where the source is not remembered."""
        self._begin("clone")
        if volume_id not in self._known["volumes"]:
            self._add(volume_id, size_gib, self._one("volumes", source_id))

    def restore(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Remember a volume; raises NotFound where the snapshot is not remembered."""
        self._begin("restore")
        if volume_id not in self._known["volumes"]:
            self._add(volume_id, size_gib, self._one("snapshots", snapshot_id))

    def fill(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Remember a volume."""
        self._begin("fill")
        self._add(volume_id, size_gib)

    def replace(self, volume_id: str, size_gib: int, path: pathlib.Path, disk_format: str) -> None:
        """Remember the image; raises NotFound where the volume is not remembered."""
        self._begin("replace")
        self._change("volumes", volume_id, self._one("volumes", volume_id) | {"image": path.name})

    def revert(self, volume_id: str, snapshot_id: str, size_gib: int) -> None:
        """Remember that it holds what the snapshot does; raises NotFound where one of them is not remembered."""
        self._begin("revert")
        known = self._one("snapshots", snapshot_id) | {"size_gib": self._one("volumes", volume_id)["size_gib"]}
        self._change("volumes", volume_id, known)

    def clone_by(self, copy: Copy, volume_id: str, source_id: str, size_gib: int) -> None:
        """Have a small file copied, and remember a volume that holds what the copy does."""
        self._begin("clone")
        if volume_id not in self._known["volumes"]:
            self._add(volume_id, size_gib, self._copied(copy, VOLUME + volume_id, source_id))
        self._forget_file(VOLUME + volume_id)

    def snapshot_by(self, copy: Copy, snapshot_id: str, volume_id: str) -> None:
        """The same for a snapshot."""
        self._begin("snapshot")
        if snapshot_id not in self._known["snapshots"]:
            self._change("snapshots", snapshot_id, self._copied(copy, SNAPSHOT + snapshot_id, volume_id))
        self._forget_file(SNAPSHOT + snapshot_id)

    def copy_plainly(self, source: pathlib.Path, target: pathlib.Path) -> None:
        """Copy the file."""
        target.write_bytes(source.read_bytes())

    def half_made(self, its_id: str) -> tuple[pathlib.Path, ...]:
        """Return the files that copies go to."""
        return self._file(VOLUME + its_id), self._file(SNAPSHOT + its_id)

    def _copied(self, copy: Copy, name: str, source_id: str) -> dict[str, Any]:
        source = self._one("volumes", source_id)
        self._directory.mkdir(parents=True, exist_ok=True)
        original = self._directory / f"{name}.source"
        original.write_text(source.get("holds", f"volume {source_id}"))
        try:
            copy(original, self._file(name))
        finally:
            original.unlink()
        return source | {"holds": self._file(name).read_text().rstrip("\0")[:MOST_REMEMBERED]}

    @property
    def _directory(self) -> pathlib.Path:
        return self._path.with_suffix(".copies")

    def _file(self, name: str) -> pathlib.Path:
        return self._directory / f"{name}{PARTIAL}"

    def _forget_file(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)

    def copy_out(self, volume_id: str, path: pathlib.Path, disk_format: str, snapshot_id: str | None = None) -> None:
        """Write a small disk, whatever the volume would hold."""
        self._begin("copy_out")
        self._one("volumes", volume_id)
        if snapshot_id:
            self._one("snapshots", snapshot_id)
        if disk_format == "raw":
            path.write_bytes(f"volume {volume_id}".encode().ljust(512, b"\0"))
        else:
            command.run(["qemu-img", "create", "-q", "-f", disk_format, str(path), "1M"], timeout_s=COMMAND_S)

    @contextlib.contextmanager
    def read(self, volume_id: str, snapshot_id: str | None = None) -> Iterator["FakeData"]:
        """Give the name of what was written to it, and zeros behind that."""
        self._begin("read")
        known = self._one("snapshots", snapshot_id) if snapshot_id else self._one("volumes", volume_id)
        yield FakeData(known["size_gib"], known.get("holds", f"volume {volume_id}").encode())

    def write(self, volume_id: str, size_gib: int, fill: Callable[["FakeData"], None], *, replace: bool = False) -> None:
        """Remember a volume, and the beginning of what was written."""
        self._begin("write")
        if volume_id not in self._known["volumes"] or replace:
            data = FakeData(size_gib, b"")
            fill(data)
            self._change("volumes", volume_id, {"size_gib": size_gib, "holds": data.begins.decode(errors="replace")})

    def discard(self, volume_id: str) -> None:
        """Nothing is ever half made here."""
        self._begin("discard")

    def extend(self, volume_id: str, size_gib: int) -> None:
        """Remember another size."""
        self._begin("extend")
        known = self._one("volumes", volume_id)
        self._change("volumes", volume_id, known | {"size_gib": max(size_gib, known["size_gib"])})

    def delete(self, volume_id: str) -> None:
        """Forget a volume."""
        self._begin("delete")
        self._forget_file(VOLUME + volume_id)
        self._change("volumes", volume_id, None)

    def connection(self, volume_id: str, host: str, own_host: str) -> dict[str, Any]:
        """Return that there is nothing to open; raises NotFound where the volume is not remembered."""
        self._begin("connection")
        self._one("volumes", volume_id)
        return {"kind": "fake"}

    def secret(self, volume_id: str) -> dict[str, Any]:
        """Return none: whoever opens nothing asks nobody."""
        return {}

    def snapshot(self, snapshot_id: str, volume_id: str) -> None:
        """Remember a snapshot; raises NotFound where the volume is not remembered."""
        self._begin("snapshot")
        if snapshot_id not in self._known["snapshots"]:
            self._change("snapshots", snapshot_id, self._one("volumes", volume_id))

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Forget a snapshot."""
        self._begin("delete_snapshot")
        self._forget_file(SNAPSHOT + snapshot_id)
        self._change("snapshots", snapshot_id, None)

    def strangers(self) -> tuple[Stranger, ...]:
        """Return what is remembered as such."""
        self._begin("strangers")
        return tuple(Stranger(name, known["size_gib"]) for name, known in sorted(self._known["strangers"].items()))

    def adopt(self, volume_id: str, name: str, size_gib: int) -> None:
        """Remember a stranger as a volume."""
        self._move("adopt", ("strangers", name), ("volumes", volume_id))

    def release(self, volume_id: str, name: str) -> None:
        """Remember a volume as a stranger."""
        if volume_id in self._known["volumes"]:
            self._move("release", ("volumes", volume_id), ("strangers", name))

    def adopt_snapshot(self, snapshot_id: str, name: str) -> None:
        """Remember a stranger as a snapshot."""
        self._move("adopt_snapshot", ("strangers", name), ("snapshots", snapshot_id))

    def release_snapshot(self, snapshot_id: str, name: str) -> None:
        """Remember a snapshot as a stranger."""
        if snapshot_id in self._known["snapshots"]:
            self._move("release_snapshot", ("snapshots", snapshot_id), ("strangers", name))

    def _move(self, call: str, old: tuple[str, str], new: tuple[str, str]) -> None:
        self._begin(call)
        if new[1] not in self._known[new[0]]:
            self._change(*new, self._one(*old))
        self._change(*old, None)

    def holdings(self) -> BackendHoldings:
        """Return what is remembered."""
        volumes = tuple((each, known["size_gib"]) for each, known in sorted(self._known["volumes"].items()))
        half_made = sorted(each.name.removesuffix(PARTIAL).partition("-")[2] for each in self._directory.glob(f"*{PARTIAL}"))
        return BackendHoldings(volumes, tuple(sorted(self._known["snapshots"])), tuple(half_made))

    def _add(self, volume_id: str, size_gib: int, of: dict[str, Any] | None = None) -> None:
        if volume_id not in self._known["volumes"]:
            self._change("volumes", volume_id, (of or {}) | {"size_gib": size_gib})

    def _one(self, kind: str, its_id: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self._known[kind].get(its_id)
        if found is None:
            raise errors.NotFound(f"this backend has no such {kind.removesuffix('s')}", its_id=its_id)
        return found

    def _begin(self, call: str) -> None:
        """Wait and fail as the script says."""
        script = self._script()
        if delay := script.get("delays", {}).get(call):
            self._clock.sleep(delay)
        if fault := script.get("faults", {}).get(call):
            raise errors.InternalError(fault)

    def _change(self, kind: str, its_id: str, value: dict[str, Any] | None) -> None:
        with self._lock:
            kept = {each: known for each, known in self._known[kind].items() if each != its_id}
            self._known = self._known | {kind: kept if value is None else kept | {its_id: value}}
            partial = self._path.with_suffix(".new")
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(self._known))
            partial.rename(self._path)

    def _read(self) -> dict[str, dict[str, Any]]:
        nothing: dict[str, dict[str, Any]] = {"volumes": {}, "snapshots": {}, "strangers": {}}
        return nothing | json.loads(self._path.read_text()) if self._path.exists() else nothing

    def _script(self) -> dict[str, Any]:
        if not self._script_path or not pathlib.Path(self._script_path).exists():
            return {}
        found: dict[str, Any] = json.loads(pathlib.Path(self._script_path).read_text())
        return found


class FakeData:
    """Implements cumulo.volume.agent.backend.Source and Sink: a few bytes at the beginning, zeros behind them."""

    def __init__(self, size_gib: int, begins: bytes) -> None:
        self.size_bytes = size_gib * GIB
        self.begins = begins

    def extents(self) -> Iterator[tuple[int, int]]:
        """Only the beginning holds something."""
        if self.begins:
            yield 0, len(self.begins)

    def read(self, offset: int, length: int) -> bytes:
        """Return the beginning, and zeros."""
        length = max(0, min(length, self.size_bytes - offset))
        return self.begins[offset:offset + length].ljust(length, b"\0")

    def write(self, offset: int, data: bytes) -> None:
        """Keep the beginning."""
        if offset + len(data) > self.size_bytes:
            raise errors.BadRequest("what is written to the volume is larger than it")
        if offset == 0:
            self.begins = data.rstrip(b"\0")[:MOST_REMEMBERED]
