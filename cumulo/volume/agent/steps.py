"""The steps a volume agent runs on the volumes of its host. Look, then make it so.

Each is safe to repeat at any point, because a backend does only what is missing. Two steps of different operations may
meet on one volume (a snapshot is taken while the volume grows): they take turns.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from cumulo.common import errors
from cumulo.common.image_files import Progress, image_format
from cumulo.common.image_upload import Upload
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Backend

StepFunction = Callable[[State, Any], State | None]


class Images(Protocol):
    """The images of this host: cumulo/common/image_files.py."""

    def fetch(self, image: Mapping[str, Any], progress: Progress) -> pathlib.Path:
        """Return the file of an image, downloading it where this host does not have it."""

    def tidy(self, limit: int) -> None:
        """Drop images that nobody needed lately, until the rest is within so many bytes."""


class Turns:
    """One step at a time for each volume."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._lock = threads.lock()
        self._held: dict[str, Any] = {}  # volume id -> an event that is set when its turn is over

    @contextlib.contextmanager
    def alone(self, *volume_ids: str) -> Iterator[None]:
        """Wait for one's turn at these volumes; ids in any order."""
        wanted = sorted(set(volume_ids))
        for volume_id in wanted:
            self._take(volume_id)
        try:
            yield
        finally:
            for volume_id in wanted:
                with self._lock:
                    self._held.pop(volume_id).set()

    def _take(self, volume_id: str) -> None:
        while True:
            with self._lock:
                other = self._held.get(volume_id)
                if other is None:
                    self._held[volume_id] = self._threads.event()
                    return
            other.wait()


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of one agent; image_of and upload_access ask the scheduler what a volume is made of, and becomes."""

    backends: Mapping[str, Backend]
    turns: Turns
    images: Images
    image_of: Callable[[str], Mapping[str, Any]]
    upload_access: Callable[[str], Mapping[str, Any]]
    send_image: Upload
    workspace: pathlib.Path
    host: str
    image_cache_bytes: int = 0

    def table(self) -> dict[str, tuple[StepFunction, StepFunction]]:
        """Return the steps by name, each with its undo."""
        return {
            "make_volume": (self.make, self.remove),
            "drop_volume": (self.drop, nothing),
            "grow_volume": (self.grow, nothing),
            "send_volume": (self.send, self.drop_copy),
            "export_volume": (self.export, nothing),
            "withdraw_volume": (nothing, nothing),
            "snap_volume": (self.snap, self.drop_snap),
            "drop_snap": (self.drop_snap, nothing),
        }

    def make(self, state: State, call: Any) -> State:
        """Have the volume, with what its source holds."""
        backend, volume_id, size_gib = self._backend(state), state["volume_id"], state["size_gib"]
        source = state.get("source") or {"kind": "nothing", "id": volume_id}
        if source["kind"] == "image":
            self._fill(backend, volume_id, size_gib, call)
            return {}
        with self.turns.alone(volume_id, source.get("volume_id") or source["id"]):
            if source["kind"] == "snapshot":
                backend.restore(volume_id, source["id"], size_gib)
            elif source["kind"] == "volume":
                backend.clone(volume_id, source["id"], size_gib)
            else:
                backend.create(volume_id, size_gib)
        return {}

    def _fill(self, backend: Backend, volume_id: str, size_gib: int, call: Any) -> None:
        """Have the volume with the data of an image, which is downloaded unless this host has it."""
        with self.turns.alone(volume_id):
            image = self.image_of(volume_id)
            path = self.images.fetch(image, lambda percent: call.progress({"percent": round(percent)}))
            backend.fill(volume_id, size_gib, path, image_format(image))
        self.images.tidy(self.image_cache_bytes)

    def remove(self, state: State, call: Any) -> State:
        """Leave nothing of it."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).delete(state["volume_id"])
        return {}

    def drop(self, state: State, call: Any) -> State:
        """Leave nothing of it and of its snapshots, the newest first."""
        backend = self._backend(state)
        with self.turns.alone(state["volume_id"]):
            for snapshot_id in reversed(state["snapshots"]):
                backend.delete_snapshot(snapshot_id)
            backend.delete(state["volume_id"])
        return {}

    def export(self, state: State, call: Any) -> State:
        """Say how the server's host opens a volume. A file needs nothing else for it, and nothing to withdraw."""
        return {"connection": self._backend(state).connection(state["volume_id"], state["host"], self.host)}

    def send(self, state: State, call: Any) -> State:
        """Send what a volume holds to the image service, unless it has it already."""
        access, copy = self.upload_access(state["volume_id"]), self._copy(state)
        if access["status"] == "queued":
            with self.turns.alone(state["volume_id"]):
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.unlink(missing_ok=True)
                self._backend(state).copy_out(state["volume_id"], copy, state["format"])
            with copy.open("rb") as file:
                self.send_image(access, file, lambda percent: call.progress({"percent": round(percent)}))
        elif access["status"] == "saving":  # by an agent that died; the image service waits for it a while
            raise errors.Retry("the image is being uploaded")
        return self.drop_copy(state, call)

    def drop_copy(self, state: State, call: Any) -> State:
        """Leave nothing of the copy on this host; one that a death leaves is removed at the next start."""
        self._copy(state).unlink(missing_ok=True)
        return {}

    def _copy(self, state: State) -> pathlib.Path:
        return self.workspace / f".{state['volume_id']}.upload"

    def snap(self, state: State, call: Any) -> State:
        """Keep what a volume holds now."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).snapshot(state["snapshot_id"], state["volume_id"])
        return {}

    def drop_snap(self, state: State, call: Any) -> State:
        """Leave nothing of a snapshot."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).delete_snapshot(state["snapshot_id"])
        return {}

    def grow(self, state: State, call: Any) -> State:
        """Make it larger."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).extend(state["volume_id"], state["size_gib"])
        return {}

    def _backend(self, state: State) -> Backend:
        name = state["backend"].rpartition("@")[2]
        if name not in self.backends:
            raise errors.Retry(f"This host has no backend {name} now.")
        return self.backends[name]


def nothing(state: State, call: Any) -> State:
    """The undo of a step that has none: what it did stands, and harms nobody."""
    return {}
