"""Backups of a simulated cloud: the target that all its hosts share, and users' calls.

What a target holds survives every process. Each change of it is a boundary, so that a backup can be half made.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from cumulo.common.audit.holdings import BackupHoldings
from tests.simulation.disks import B
from tests.simulation.kernel import Kernel
from tests.simulation.weather import Weather

if TYPE_CHECKING:
    from tests.simulation.calls import Users

PATIENCE_S = 120.0


class HeldBackups:
    """What is on the target: blobs by name, each with when it was written."""

    def __init__(self) -> None:
        self.blobs: dict[str, tuple[bytes, float]] = {}

    def names(self, folder: str) -> list[str]:
        """Return what stands directly in a folder."""
        return sorted({name.removeprefix(f"{folder}/").partition("/")[0] for name in self.blobs if name.startswith(f"{folder}/")})

    def holdings(self) -> BackupHoldings:
        """Return what an agent would list."""
        whole = self.names("manifests")
        return BackupHoldings(tuple(whole), tuple(sorted(set(self.names("chunks")) - set(whole))), True)


class SimTarget:
    """cumulo.volume.agent.backup.target.Target over what is held."""

    kind, local, shared, place = "simulated", True, True, "memory"

    def __init__(self, kernel: Kernel, weather: Weather, held: HeldBackups) -> None:
        self._kernel, self._weather, self._held = kernel, weather, held

    def put(self, name: str, data: bytes) -> None:
        """Keep a blob."""
        self._change("put backup")
        self._held.blobs[name] = (data, self._kernel.elapsed_s)
        self._weather.boundary("put backup after")

    def get(self, name: str) -> bytes:
        """Return a blob."""
        self._change("get backup")
        if name not in self._held.blobs:
            raise FileNotFoundError(name)
        return self._held.blobs[name][0]

    def delete(self, name: str) -> None:
        """Remove a blob."""
        self._change("delete backup")
        self._held.blobs.pop(name, None)
        self._weather.boundary("delete backup after")

    def delete_folder(self, folder: str) -> None:
        """Remove the blobs of a folder, one by one."""
        for name in [each for each in sorted(self._held.blobs) if each.startswith(f"{folder}/")]:
            self.delete(name)

    def names(self, folder: str) -> list[str]:
        """List a folder."""
        self._change("list backups")
        return self._held.names(folder)

    def changed_at(self, folder: str) -> float:
        """Return when a folder was written to last."""
        return max((at for name, (_, at) in self._held.blobs.items() if name.startswith(f"{folder}/")), default=0.0)

    def _change(self, what: str) -> None:
        self._kernel.pause()
        self._weather.boundary(f"{what} before")


def _create(users: "Users", dice: random.Random) -> None:
    volume_id = users.one("volume", dice)
    if volume_id is None:
        return
    body = {"name": users.name("backup"), "volume_id": volume_id, "force": dice.random() < 0.7, "incremental": dice.random() < 0.4}
    snapshot_id = users.one("snapshot", dice)
    if snapshot_id is not None and dice.random() < 0.2:
        body["snapshot_id"] = snapshot_id
    users.create("backup", f"{B}/backups", {"backup": body}, dice, may_be=(400,))


def _delete(users: "Users", dice: random.Random) -> None:
    backup_id = users.one("backup", dice)
    if backup_id is not None:
        users.delete("backup", f"{B}/backups/{backup_id}", backup_id, may_be=(400, 401))


def _restore(users: "Users", dice: random.Random) -> None:
    """Restore a backup to a new volume, or over one that is there."""
    backup_id, volume_id = users.one("backup", dice), users.one("volume", dice)
    if backup_id is None:
        return
    path = f"{B}/backups/{backup_id}/restore"
    if volume_id is not None and dice.random() < 0.5:
        users.send("POST", path, {"restore": {"volume_id": volume_id}}, again=dice.random() < 0.3, may_be=(400,))
    else:
        name = users.name("volume")
        users.create("volume", path, {"restore": {"name": name}}, dice, name=name, may_be=(400,),
                     found=lambda body: str(body["restore"]["volume_id"]))


def end(users: "Users") -> None:
    """Delete every backup, the newest first: others may be compared with the older ones."""
    until = users.cloud.kernel.elapsed_s + PATIENCE_S
    for backup_id in reversed(users.known["backup"]):
        while users.cloud.kernel.elapsed_s < until and not users.delete(
                "backup", f"{B}/backups/{backup_id}", backup_id, may_be=(400,)):
            users.cloud.kernel.wait(0.5)


KINDS: dict[str, Callable[["Users", random.Random], None]] = {
    "back volume up": _create, "delete backup": _delete, "restore backup": _restore,
}
