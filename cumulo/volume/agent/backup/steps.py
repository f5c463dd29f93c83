"""The steps of backups that a volume agent runs: from a backend to the target, and back.

Each is safe to repeat at any point: a backup is there once its manifest is, and what is half made begins anew. A volume
that is being read or overwritten is kept from other changes by its state, so nobody need wait here for a turn; one in
use is not, so the steps that hold a moment of it are those of snapshots.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Backend, Sink
from cumulo.volume.agent.backup import copying
from cumulo.volume.agent.backup.copying import Plan, Watch
from cumulo.volume.agent.backup.vault import Manifest, Vault

ASK_EVERY_S = 5.0
GIB = 1024**3
StepFunction = Callable[[State, Any], State | None]


@dataclasses.dataclass(frozen=True)
class BackupSteps:
    """The steps of one agent; is_wanted asks whether what is done to a backup or a volume still goes on.

    moment: the steps that make a snapshot, and remove it. opens says whether a volume's own key opens what it holds.
    """

    backends: Mapping[str, Backend]
    vault: Vault
    clock: Clock
    threads: Threads
    is_wanted: Callable[[str], bool]
    moment: tuple[StepFunction, StepFunction]
    opens: Callable[[Backend, str], bool]
    chunk_bytes: int

    def table(self) -> dict[str, tuple[StepFunction, StepFunction]]:
        """Return the steps by name, each with its undo."""
        return {
            "hold_moment": (self.hold, self.let_go),
            "send_backup": (self.send, self.drop),
            "drop_backup": (self.drop, nothing),
            "look_for_backup": (self.look, nothing),
            "write_volume": (self.write, self.discard),
        }

    def hold(self, state: State, call: Any) -> State:
        """Keep what the volume holds now: it goes on being written to while the backup is made."""
        self.moment[0]({**state, "snapshot_id": state["hold"]}, call)
        return {}

    def let_go(self, state: State, call: Any) -> State:
        """Keep it no longer."""
        if state.get("hold"):
            self.moment[1]({**state, "snapshot_id": state["hold"]}, call)
        return {}

    def send(self, state: State, call: Any) -> State:
        """Have the backup on the target."""
        plan = Plan(state["location"], state.get("parent"), self.chunk_bytes)
        manifest = self.vault.manifest(plan.backup_id)  # a moment that was held is gone once it is whole
        if manifest is None:
            with self._backend(state).read(state["volume_id"], state.get("hold") or state.get("snapshot_id")) as source:
                manifest = copying.save(self.vault, self.threads, plan, source, self._watch(state["backup_id"], call))
        self.let_go(state, call)
        return self._said(manifest)

    def drop(self, state: State, call: Any) -> State:
        """Leave nothing of the backup on the target, whole or half made."""
        self.vault.delete(state["location"])
        return {}

    def look(self, state: State, call: Any) -> State:
        """See that a backup is there and is what its record says; raises NotFound, BadRequest."""
        manifest = copying.require(self.vault, state["location"])
        if manifest.size_bytes != state["size_gib"] * GIB:
            raise errors.BadRequest(f"The backup's data is of {manifest.size_bytes / GIB:g} GiB, its record of "
                                    f"{state['size_gib']}.")
        return self._said(manifest)

    def write(self, state: State, call: Any) -> State:
        """Have the volume hold what the backup does; until all of it is there it stays as it is."""
        return self.restore(state, call, replace=True)

    def restore(self, state: State, call: Any, *, replace: bool = False) -> State:
        """Make a volume of a backup, or overwrite one; raises NotFound, Damaged."""
        watch = self._watch(state["volume_id"], call)

        def fill(sink: Sink) -> None:
            copying.restore(self.vault, self.threads, state["source"]["id"], sink, watch)

        self._backend(state).write(state["volume_id"], state["size_gib"], fill, replace=replace)
        return {}

    def discard(self, state: State, call: Any) -> State:
        """Leave nothing half written; of what is encrypted say whether all of it had been written, by the key that opens it."""
        backend = self._backend(state)
        backend.discard(state["volume_id"])
        return {"replaced": not self.opens(backend, state["volume_id"])} if state.get("changes_key") else {}

    def _said(self, manifest: Manifest) -> State:
        target = self.vault.target
        return {"object_count": manifest.own_chunks + 1, "stored_bytes": manifest.stored_bytes, "service": target.kind,
                "bound": not target.shared}

    def _watch(self, resource_id: str, call: Any) -> Watch:
        asked_at = self.clock.monotonic()
        said = -1

        def check() -> None:
            nonlocal asked_at
            if self.clock.monotonic() - asked_at >= ASK_EVERY_S:
                if not self.is_wanted(resource_id):
                    raise errors.Conflict("It is wanted no more.")
                asked_at = self.clock.monotonic()

        def tell(percent: float) -> None:
            nonlocal said
            if round(percent) != said:
                said = round(percent)
                call.progress({"percent": said})

        return Watch(tell, check)

    def _backend(self, state: State) -> Backend:
        name = state["backend"].rpartition("@")[2]
        if name not in self.backends:
            raise errors.Retry(f"This host has no backend {name} now.")
        return self.backends[name]


def nothing(state: State, call: Any) -> State:
    """The undo of a step that has none."""
    return {}
