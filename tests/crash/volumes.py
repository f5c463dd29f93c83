"""Volumes on their way through the flows that concern them, as storm.py sends servers through theirs.

A state is a volume's status and its size: "available 1".
"""

import itertools
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.image import image
from cumulo.common.db.tables.volume import volume, volume_backend, volume_snapshot
from cumulo.common.operations.step import Flow
from tests.crash.plan import FAIL
from tests.crash.recipes import ELSEWHERE, IMAGE, SNAPSHOT, UNMANAGE, UNMANAGED, Recipe

if TYPE_CHECKING:
    from tests.crash.storm import Storm

VOLUMES = "/volume/v3/volumes"
SNAPSHOTS = "/volume/v3/snapshots"


class Volumes:
    """The volumes of one storm."""

    kind, path, table = "volume", VOLUMES, volume

    def __init__(self, storm: "Storm") -> None:
        self._storm = storm
        self._client = storm.client
        self._numbers = itertools.count()
        self._images: dict[str, str] = {}  # volume id -> the image that it is made into
        self._left: dict[str, dict[str, Any]] = {}  # the id that it had -> how it is taken over
        self._snapshots: dict[str, str] = {}  # volume id -> its snapshot, where the flow needs one

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Volumes in the state that the flow begins with; nothing where it makes them."""
        if not recipe.begins:
            return [""] * count
        ids = [self.create() for _ in range(count)]
        self._storm.settle("preparing")
        if recipe.begins == UNMANAGED:
            self._left = {each: {"host": self._backend(each), "ref": {"source-name": f"volume-{each}"}} for each in ids}
            self._give_up(ids)
        if SNAPSHOT in str(recipe.action):
            self._snapshots = {each: self._snap(each) for each in ids}
            self._storm.settle("preparing")
        return ids

    def _snap(self, volume_id: str) -> str:
        made = self._client.post(SNAPSHOTS, {"snapshot": {"volume_id": volume_id, "name": "storm"}})
        return str(made["snapshot"]["id"])

    def start(self, recipe: Recipe, volume_id: str) -> str:
        """Send a volume into the flow; return its id."""
        if not recipe.begins:
            return self.create()
        if recipe.begins == UNMANAGED:
            return str(self._client.post("/volume/v3/os-volume-manage", {"volume": self._left[volume_id]})["volume"]["id"])
        if recipe.action is None:
            self.delete(volume_id)
        else:
            self._act(volume_id, recipe.action)
        return volume_id

    def _give_up(self, ids: list[str]) -> None:
        for each in ids:
            self._client.post(f"{self.path}/{each}/action", UNMANAGE)
        self._storm.settle("preparing")

    def _backend(self, volume_id: str) -> str:
        with self._storm.fleet.database.read() as connection:
            return str(connection.execute(sa.select(volume.c.backend).where(volume.c.id == volume_id)).scalar())

    def _act(self, volume_id: str, action: dict[str, Any]) -> None:
        """Begin an action, and note the image that it makes."""
        text = json.dumps(action)
        for word, its_id in ((ELSEWHERE, self._elsewhere(volume_id) if ELSEWHERE in text else None),
                             (IMAGE, self._storm.furniture.image_id), (SNAPSHOT, self._snapshots.get(volume_id))):
            text = text.replace(f'"{word}"', json.dumps(its_id))
        made = self._client.request("POST", f"{VOLUMES}/{volume_id}/action", json.loads(text), version="volume latest")
        if "os-volume_upload_image" in (made or {}):
            self._images[volume_id] = str(made["os-volume_upload_image"]["image_id"])

    def _elsewhere(self, volume_id: str) -> str:
        """The backend that a volume is not on, of the two that there are; a type of that name fits it alone."""
        here = self._backend(volume_id)
        with self._storm.fleet.database.read() as connection:
            found = connection.execute(sa.select(volume_backend.c.name, volume_backend.c.capabilities).where(
                volume_backend.c.name != here).order_by(volume_backend.c.name)).first()
        if found is None:
            raise LookupError(f"volume {volume_id} on {here} has nowhere to go")
        if found.name not in [each["name"] for each in self._client.get("/volume/v3/types")["volume_types"]]:
            self._client.post("/volume/v3/types", {"volume_type": {"name": found.name, "extra_specs": {
                "volume_backend_name": found.capabilities["volume_backend_name"]}}})
        return str(found.name)

    def create(self) -> str:
        """Ask for a volume, every third or so without a key."""
        number = next(self._numbers)
        body = {"volume": {"size": 1, "name": f"storm-{number}"}}
        return str(self._client.request("POST", VOLUMES, body, keyed=number % 3 > 0)["volume"]["id"])

    def delete(self, volume_id: str, *, keyed: bool = True) -> None:
        """Delete a volume, whatever state it is in."""
        self._client.request("DELETE", f"{VOLUMES}/{volume_id}?cascade=true&force=true", keyed=keyed, version="volume latest")

    def judge(self, flow: Flow, recipe: Recipe, ids: list[str], gone: list[str]) -> None:
        """Each volume is as the recipe says; one is undone only where the plan made its step fail."""
        with self._storm.fleet.database.read() as connection:
            found = {row.id: f"{row.status} {row.size_gib}" for row in connection.execute(
                sa.select(self.table.c.id, self.table.c.status, self.table.c.size_gib))}
            owners = dict(connection.execute(sa.select(operation.c.id, operation.c.resource_id)).all())
        failed = {owners.get(each.subject) for each in self._storm.plan.fired(FAIL)}
        for each in ids:
            wanted = recipe.undone if each in failed else (recipe.ends,)
            if found.get(each, "") not in wanted:
                self._storm.problems.append(
                    f"{flow.name}: {self.kind} {each} is {found.get(each, '')!r}, not {' or '.join(wanted)!r}")
        self._storm.problems += [f"{flow.name}: {self.kind} {each} was deleted and is still there"
                                 for each in gone if each in found]
        self._judge_images(flow, [each for each in ids if each not in failed])

    def _judge_images(self, flow: Flow, ids: list[str]) -> None:
        """The image of each volume that was uploaded well is whole."""
        with self._storm.fleet.database.read() as connection:
            whole = set(connection.execute(sa.select(image.c.id).where(image.c.status == "active")).scalars())
        self._storm.problems += [f"{flow.name}: the image of volume {each} is not whole" for each in ids
                                 if each in self._images and self._images[each] not in whole]

    def empty(self, ids: list[str]) -> None:
        """Delete all of them."""
        with self._storm.fleet.database.read() as connection:
            left = set(connection.execute(sa.select(self.table.c.id)).scalars())
        for each in ids:
            if each in left:
                self.delete(each)
        for image_id in self._images.values():
            if self._client.has(f"/image/v2/images/{image_id}"):
                self._client.delete(f"/image/v2/images/{image_id}")
        self._images.clear()
        self._storm.settle("emptying")


class Snapshots(Volumes):
    """Snapshots, each of a volume of its own."""

    kind, path, table = "snapshot", SNAPSHOTS, volume_snapshot

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Volumes, with a snapshot of each where the flow begins with one."""
        volumes = [self.create() for _ in range(count)]
        self._storm.settle("preparing")
        if not recipe.begins:
            return volumes
        ids = [self._snap(each) for each in volumes]
        self._storm.settle("preparing")
        if recipe.begins == UNMANAGED:
            self._left = {each: {"volume_id": of, "ref": {"source-name": f"snapshot-{each}"}}
                          for each, of in zip(ids, volumes, strict=True)}
            self._give_up(ids)
        return ids

    def start(self, recipe: Recipe, its_id: str) -> str:
        """Make a snapshot of a volume, or delete one."""
        if not recipe.begins:
            return self._snap(its_id)
        if recipe.begins == UNMANAGED:
            return str(self._client.post("/volume/v3/os-snapshot-manage", {"snapshot": self._left[its_id]})["snapshot"]["id"])
        if recipe.action is None:
            self.delete(its_id)
        else:
            self._client.post(f"{SNAPSHOTS}/{its_id}/action", recipe.action)
        return its_id

    def delete(self, snapshot_id: str, *, keyed: bool = True) -> None:
        """Delete a snapshot, whatever state it is in."""
        self._client.request("POST", f"{SNAPSHOTS}/{snapshot_id}/action", {"os-force_delete": {}}, keyed=keyed)

    def empty(self, ids: list[str]) -> None:
        """Delete all volumes with their snapshots."""
        super().empty(ids)
        for each in self._client.get(VOLUMES)["volumes"]:
            self._client.request("DELETE", f"{VOLUMES}/{each['id']}?cascade=true")
        self._storm.settle("emptying")
