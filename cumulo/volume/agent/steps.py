"""The steps a volume agent runs on the volumes of its host. Look, then make it so.

Each is safe to repeat at any point, because a backend does only what is missing. Two steps of different operations may
meet on one volume (a snapshot is taken while the volume grows): they take turns.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from cumulo.common import errors
from cumulo.common.image_files import Progress, image_format
from cumulo.common.image_upload import Upload
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads
from cumulo.volume.agent import luks, moving
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.exports.interface import Exports
from cumulo.volume.agent.moments import Moments, Tell
from cumulo.volume.agent.turns import Turns

StepFunction = Callable[[State, Any], State | None]


class Images(Protocol):
    """The images of this host: cumulo/common/image_files.py."""

    def fetch(self, image: Mapping[str, Any], progress: Progress) -> pathlib.Path:
        """Return the file of an image, downloading it where this host does not have it."""

    def tidy(self, limit: int) -> None:
        """Drop images that nobody needed lately, until the rest is within so many bytes."""


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of one agent; image_of and upload_access ask the scheduler what a volume is made of, and becomes.

    needed_without asks it for the volumes that are to be exported when one attachment is gone, and encryption_of how a volume
    is encrypted, with or without its passphrase.
    """

    backends: Mapping[str, Backend]
    exports: Mapping[str, Exports]
    moments: Moments
    turns: Turns
    images: Images
    restore_backup: StepFunction
    image_of: Callable[[str], Mapping[str, Any]]
    upload_access: Callable[[str], Mapping[str, Any]]
    needed_without: Callable[[str], Mapping[str, Any]]
    encryption_of: Callable[[str, bool], Mapping[str, Any]]
    send_image: Upload
    ask_agent: Callable[[str, str, Mapping[str, Any]], Any]
    threads: Threads
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
            "export_volume": (self.export, self.withdraw),
            "export_volumes": (self.export_all, nothing),
            "withdraw_volume": (self.withdraw, self.export),
            "revert_volume": (self.revert, self.discard),
            "reimage_volume": (self.reimage, self.discard),
            "receive_volume": (self.receive, self.send_back),
            "make_target": (self.make_target, self.send_back),
            "export_target": (self.export_target, self.withdraw_target),
            "adopt_volume": (self.adopt, self.give_up),
            "release_volume": (self.release, nothing),
            "adopt_snap": (self.adopt_snap, self.give_up_snap),
            "release_snap": (self.release_snap, nothing),
            "snap_volume": (self.snap, self.drop_snap),
            "drop_snap": (self.drop_snap, nothing),
        }

    def make(self, state: State, call: Any) -> State:
        """Have the volume, with what its source holds."""
        backend, volume_id, size_gib = self._backend(state), state["volume_id"], state["size_gib"]
        source = state.get("source") or {"kind": "nothing", "id": volume_id}
        if source["kind"] == "image":
            self._fill(self._filled_encrypted(backend, state) if state.get("encrypted") else backend.fill, volume_id, size_gib, call)
            return {}
        if source["kind"] == "backup":
            self.restore_backup(state, call)
            return {}
        with self.turns.alone(volume_id, source.get("volume_id") or source["id"]):
            if source["kind"] == "snapshot":
                backend.restore(volume_id, source["id"], size_gib)
            elif source["kind"] == "volume":
                self.moments.clone(backend, self._name(state), volume_id, source["id"], size_gib, _percents(call))
            else:
                backend.create(volume_id, size_gib)
                self._encrypt(backend, state)
        return {}

    def _encrypt(self, backend: Backend, state: State) -> luks.Encryption:
        """Give a new volume the format of its type, if its type encrypts; return how it does."""
        encryption = self.encryption_of(state["volume_id"], True) if state.get("encrypted") else {}
        path = backend.connection(state["volume_id"], self.host, self.host).get("path")
        if encryption and path:
            luks.prepare(pathlib.Path(path), encryption)
        return encryption

    def _filled_encrypted(self, backend: Backend, state: State) -> Callable[..., None]:
        """Return what fills a volume that is encrypted: backends know nothing of it."""
        def fill(volume_id: str, size_gib: int, image: pathlib.Path, disk_format: str) -> None:
            backend.create(volume_id, size_gib)
            encryption = self._encrypt(backend, state)
            path = backend.connection(volume_id, self.host, self.host).get("path")
            if path:
                luks.fill(pathlib.Path(path), encryption, image, disk_format)
        return fill

    def _fill(self, write: Callable[..., None], volume_id: str, size_gib: int, call: Any) -> None:
        """Write the data of an image to a volume; it is downloaded unless this host has it."""
        with self.turns.alone(volume_id):
            image = self.image_of(volume_id)
            path = self.images.fetch(image, lambda percent: call.progress({"percent": round(percent)}))
            write(volume_id, size_gib, path, image_format(image))
        self.images.tidy(self.image_cache_bytes)

    def reimage(self, state: State, call: Any) -> State:
        """Give it what an image holds."""
        def write(*image: Any) -> None:
            # Nobody has it now, and what serves it would go on with what it held before. In the same turn: what serves the
            # volume of a server is begun again as soon as it is missed.
            self._withdraw(state)
            self._backend(state).replace(*image)

        self._fill(write, state["volume_id"], state["size_gib"], call)
        return {}

    def revert(self, state: State, call: Any) -> State:
        """Give it what a snapshot of it holds."""
        with self.turns.alone(state["volume_id"]):
            self._withdraw(state)
            self._backend(state).revert(state["volume_id"], state["snapshot_id"], state["size_gib"])
        return {}

    def discard(self, state: State, call: Any) -> State:
        """Leave nothing of what was to take its place; who has it, as a server that was to be rebuilt, finds it served again."""
        volume_id, exports = state["volume_id"], self.exports.get(self._name(state))
        with self.turns.alone(volume_id):
            backend = self._backend(state)
            backend.discard(volume_id)
            if exports is not None and self.needed_without("").get(volume_id, {}).get(state["backend"]):
                exports.open(volume_id, backend.connection(volume_id, self.host, self.host))
        return {}

    def remove(self, state: State, call: Any) -> State:
        """Leave nothing of it, nor of what makes it."""
        source, backend = state.get("source") or {}, self._backend(state)
        with self.turns.alone(state["volume_id"], source["id"] if source.get("kind") == "volume" else state["volume_id"]):
            if source.get("kind") == "volume":
                self.moments.give_up(backend, self._name(state), source["id"], state["volume_id"])
            self._withdraw(state)
            backend.delete(state["volume_id"])
        return {}

    def drop(self, state: State, call: Any) -> State:
        """Leave nothing of it and of its snapshots, the newest first."""
        backend = self._backend(state)
        with self.turns.alone(state["volume_id"]):
            for snapshot_id in reversed(state["snapshots"]):
                backend.delete_snapshot(snapshot_id)
            self._withdraw(state)
            backend.delete(state["volume_id"])
        return {}

    def export(self, state: State, call: Any) -> State:
        """Say how the server's host opens a volume, and serve it where the backend is one that is exported."""
        backend, name, volume_id = self._backend(state), self._name(state), state["volume_id"]
        exports, encryption = self.exports.get(name), self.encryption_of(volume_id, False)
        encrypted = {"encryption": encryption["format"]} if encryption else {}
        with self.turns.alone(volume_id):  # what is copied while nobody has it is not opened meanwhile
            if exports is None:
                opened = backend.connection(volume_id, state["host"], self.host)
                asked_at = {"host": self.host, "backend": name} if opened.get("auth") else {}
                return {"connection": opened | asked_at | encrypted}
            opened = exports.open(volume_id, backend.connection(volume_id, self.host, self.host))
        return {"connection": opened | {"host": self.host, "backend": name} | encrypted}

    def withdraw(self, state: State, call: Any) -> State:
        """Serve a volume no more, unless another attachment than this one needs it."""
        if self._name(state) in self.exports:
            with self.turns.alone(state["volume_id"]):
                if state["volume_id"] not in self.needed_without(state["attachment_id"]):
                    self._withdraw(state)
        return {}

    def _withdraw(self, state: State) -> None:
        exports = self.exports.get(self._name(state))
        if exports is not None:
            exports.withdraw(state["volume_id"])

    def export_all(self, state: State, call: Any) -> State:
        """Say how a server's host, or the one that it moves to, opens those of its volumes that are this agent's."""
        opens = {"host": state.get("target") or state["host"]}
        own = [each["volume_host"] == self.host and each["connection"] is None for each in state["volumes"]]
        return {"volumes": [{**each, **(self.export({**each, **opens}, call) if is_own else {})}
                            for each, is_own in zip(state["volumes"], own, strict=True)]}

    def send(self, state: State, call: Any) -> State:
        """Send what a volume holds to the image service, unless it has it already."""
        access, copy = self.upload_access(state["volume_id"]), self._copy(state)
        if access["status"] == "queued":
            with self.turns.alone(state["volume_id"]):
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.unlink(missing_ok=True)
                self._copy_out(state, copy, call)
            with copy.open("rb") as file:
                self.send_image(access, file, lambda percent: call.progress({"percent": round(percent)}))
        elif access["status"] == "saving":  # by an agent that died; the image service waits for it a while
            raise errors.Retry("the image is being uploaded")
        return self.drop_copy(state, call)

    def _copy_out(self, state: State, copy: pathlib.Path, call: Any) -> None:
        """Write what a volume holds to a file; one in use is held as it is at one moment by a snapshot meanwhile."""
        backend, volume_id, hold = self._backend(state), state["volume_id"], state.get("hold")
        if not hold:
            backend.copy_out(volume_id, copy, state["format"])
            return
        self.moments.snapshot(backend, self._name(state), hold, volume_id, _percents(call))
        backend.copy_out(volume_id, copy, state["format"], hold)
        backend.delete_snapshot(hold)

    def drop_copy(self, state: State, call: Any) -> State:
        """Leave nothing of the copy on this host; one that a death leaves is removed at the next start."""
        if state.get("hold"):
            self.drop_snap({**state, "snapshot_id": state["hold"]}, call)
        self._copy(state).unlink(missing_ok=True)
        return {}

    def _copy(self, state: State) -> pathlib.Path:
        return self.workspace / f".{state['volume_id']}.upload"

    def receive(self, state: State, call: Any) -> State:
        """Have a copy of a volume that is on another backend, of this host or of another."""
        volume_id, target = state["volume_id"], self._backend({"backend": state["target"]})

        def tell(percent: float) -> None:
            call.progress({"percent": round(percent)})

        with self.turns.alone(volume_id):
            host = state["backend"].rpartition("@")[0]
            if host == self.host:
                with self._backend(state).read(volume_id) as source:
                    moving.copy(target, volume_id, state["size_gib"], moving.LocalChunks(source, self.threads), self.threads, tell)
            else:
                chunks = moving.RemoteChunks(lambda method, named: self.ask_agent(host, method, named), self._name(state), volume_id)
                moving.copy(target, volume_id, state["size_gib"], chunks, self.threads, tell)
        return {}

    def send_back(self, state: State, call: Any) -> State:
        """Leave nothing of the copy: the volume stays where it is."""
        with self.turns.alone(state["volume_id"]):
            self._backend({"backend": state["target"]}).delete(state["volume_id"])
        return {}

    def make_target(self, state: State, call: Any) -> State:
        """Have an empty volume, for a guest to copy to."""
        with self.turns.alone(state["volume_id"]):
            self._backend({"backend": state["target"]}).create(state["volume_id"], state["size_gib"])
        return {}

    def export_target(self, state: State, call: Any) -> State:
        """Say how the server's host opens a volume where it moves to."""
        return self.export({**state, "backend": state["target"]}, call)

    def withdraw_target(self, state: State, call: Any) -> State:
        """Serve it there no more."""
        with self.turns.alone(state["volume_id"]):
            self._withdraw({**state, "backend": state["target"]})
        return {}

    def adopt(self, state: State, call: Any) -> State:
        """Make a volume of what was none."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).adopt(state["volume_id"], state["name"], state["size_gib"])
        return {}

    def give_up(self, state: State, call: Any) -> State:
        """Let it be what it was."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).release(state["volume_id"], state["name"])
        return {}

    def release(self, state: State, call: Any) -> State:
        """Keep its data, under its old name, where nobody manages it."""
        with self.turns.alone(state["volume_id"]):
            self._withdraw(state)
            self._backend(state).release(state["volume_id"], f"volume-{state['volume_id']}")
        return {}

    def adopt_snap(self, state: State, call: Any) -> State:
        """Make a snapshot of what was none."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).adopt_snapshot(state["snapshot_id"], state["name"])
        return {}

    def give_up_snap(self, state: State, call: Any) -> State:
        """Let it be what it was."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).release_snapshot(state["snapshot_id"], state["name"])
        return {}

    def release_snap(self, state: State, call: Any) -> State:
        """Keep its data, under its old name, where nobody manages it."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).release_snapshot(state["snapshot_id"], f"snapshot-{state['snapshot_id']}")
        return {}

    def snap(self, state: State, call: Any) -> State:
        """Keep what a volume holds now."""
        with self.turns.alone(state["volume_id"]):
            self.moments.snapshot(self._backend(state), self._name(state), state["snapshot_id"], state["volume_id"], _percents(call))
        return {}

    def drop_snap(self, state: State, call: Any) -> State:
        """Leave nothing of a snapshot."""
        backend = self._backend(state)
        with self.turns.alone(state["volume_id"]):
            self.moments.give_up(backend, self._name(state), state["volume_id"], state["snapshot_id"])
            backend.delete_snapshot(state["snapshot_id"])
        return {}

    def grow(self, state: State, call: Any) -> State:
        """Make it larger."""
        with self.turns.alone(state["volume_id"]):
            self._backend(state).extend(state["volume_id"], state["size_gib"])
            exports = self.exports.get(self._name(state))
            if exports is not None:
                exports.grown(state["volume_id"])
        return {}

    def _backend(self, state: State) -> Backend:
        name = self._name(state)
        if name not in self.backends:
            raise errors.Retry(f"This host has no backend {name} now.")
        return self.backends[name]

    def _name(self, state: State) -> str:
        return str(state["backend"].rpartition("@")[2])


def _percents(call: Any) -> Tell:
    return lambda percent: call.progress({"percent": round(percent)})


def nothing(state: State, call: Any) -> State:
    """The undo of a step that has none: what it did stands, and harms nobody."""
    return {}
