"""Backups, and volumes that are overwritten with them, on their way through the flows that concern them.

A backup is made of a volume in use, because that takes one step more.
"""

import base64
import itertools
import json
from typing import TYPE_CHECKING

from cumulo.common.db.tables.volume_backup import volume_backup
from tests.crash.recipes import Recipe
from tests.crash.volumes import VOLUMES, Volumes

if TYPE_CHECKING:
    from tests.crash.storm import Storm

BACKUPS = "/volume/v3/backups"
IMPORTED = "imported"


class Backups(Volumes):
    """Backups, each of a volume of its own."""

    kind, path, table = "backup", BACKUPS, volume_backup

    def __init__(self, storm: "Storm") -> None:
        super().__init__(storm)
        self._of: list[str] = []  # the volumes
        self._all: list[str] = []  # the backups, imported ones first
        self._digits = itertools.count(0x10000000)

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Volumes in use, with a backup of each where the flow begins with one."""
        self._of = [self.create() for _ in range(count)]
        self._storm.settle("preparing")
        for each in self._of:
            self._client.post(f"{VOLUMES}/{each}/action", {"os-attach": {"mountpoint": "/dev/vdb", "host_name": "elsewhere"}})
        if not recipe.begins:
            return self._of
        ids = [self._back_up(each) for each in self._of]
        self._storm.settle("preparing")
        return ids

    def start(self, recipe: Recipe, its_id: str) -> str:
        """Make a backup of a volume, delete one, or import its record under another id."""
        if not recipe.begins:
            return self._back_up(its_id)
        if recipe.begins == IMPORTED:
            return self._import(its_id)
        self.delete(its_id)
        return its_id

    def delete(self, backup_id: str, *, keyed: bool = True) -> None:
        """Delete a backup, whatever state it is in."""
        self._client.request("POST", f"{BACKUPS}/{backup_id}/action", {"os-force_delete": {}}, keyed=keyed)

    def empty(self, ids: list[str]) -> None:
        """Delete all backups, then the volumes."""
        super().empty([*ids, *(each for each in self._all if each not in ids)])
        for each in self._of:
            self._client.post(f"{VOLUMES}/{each}/action", {"os-detach": {}})
            Volumes.delete(self, each)
        self._of, self._all = [], []
        self._storm.settle("emptying")

    def _back_up(self, volume_id: str) -> str:
        made = self._client.post(BACKUPS, {"backup": {"volume_id": volume_id, "name": "storm", "force": True}})
        self._all.append(str(made["backup"]["id"]))
        return self._all[-1]

    def _import(self, backup_id: str) -> str:
        record = self._client.get(f"{BACKUPS}/{backup_id}/export_record")["backup-record"]
        said = json.loads(base64.b64decode(record["backup_url"])) | {"id": f"{next(self._digits):08x}{backup_id[8:]}"}
        record["backup_url"] = base64.b64encode(json.dumps(said).encode()).decode()
        made = self._client.post(f"{BACKUPS}/import_record", {"backup-record": record})
        self._all.insert(0, str(made["backup"]["id"]))
        return self._all[0]


class Restored(Volumes):
    """Volumes that are overwritten, each with a backup of its own."""

    def __init__(self, storm: "Storm") -> None:
        super().__init__(storm)
        self._backups: dict[str, str] = {}  # volume id -> its backup

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Volumes that have been backed up."""
        ids = super().begin(recipe, count)
        for each in ids:
            made = self._client.post(BACKUPS, {"backup": {"volume_id": each, "name": "storm"}})
            self._backups[each] = str(made["backup"]["id"])
        self._storm.settle("preparing")
        return ids

    def start(self, recipe: Recipe, volume_id: str) -> str:
        """Restore its backup."""
        self._client.post(f"{BACKUPS}/{self._backups[volume_id]}/restore", {"restore": {"volume_id": volume_id}})
        return volume_id

    def empty(self, ids: list[str]) -> None:
        """Delete all of them, with their backups."""
        super().empty(ids)
        for each in self._backups.values():
            self._client.delete(f"{BACKUPS}/{each}")
        self._backups = {}
        self._storm.settle("emptying")
