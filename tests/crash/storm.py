"""Runs flows while processes die, steps fail and steps are repeated at every boundary of theirs.

All of a flow's boundaries are armed at once and some servers are sent through it; whoever comes first to a boundary
dies there and is started again. When nothing is under way any more, every server must be as the recipe says, and
nothing may be left over. What was not hit, because nobody came by, is tried again with fresh servers.
"""

import itertools
import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import boundary
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import FLOWS
from cumulo.common.ids import Ids
from cumulo.common.operations.step import Flow
from cumulo.compute import servers
from tests.crash import catalog
from tests.crash.backups import Backups, Restored
from tests.crash.images import Images
from tests.crash.plan import DIE, FAIL, FAIL_ONCE, TWICE, Plan
from tests.crash.recipes import IMAGE, PREPARE, RECIPES, Recipe
from tests.crash.volumes import Snapshots, Volumes
from tests.fixtures import agreement
from tests.fixtures.agreement import audit_of
from tests.fixtures.fleet import Fleet, Furniture, wait_for
from tests.fixtures.web_server import WebServer

PLAIN, CANCELLED = 3, 2  # servers of a round that nothing but the deaths befalls, and that are deleted at once
ROUNDS = 4
SETTLE_S = 150.0
AGREE_S = 20.0
SERVERS = "/compute/v2.1/servers"


class Storm:
    """One cloud, one plan, and the servers that are sent through."""

    def __init__(self, fleet: Fleet, plan: Plan, web: WebServer, only: str = "") -> None:
        self.fleet = fleet
        self.plan = plan
        self._only = only
        self._everywhere: list[str] = []
        self.client = fleet.client()
        self.furniture = Furniture(self.client)
        self.problems: list[str] = []
        self._off: list[str] = []  # guests that shut themselves down
        self.uri = f"{web.url}/image"
        self._images = Images(self, web)
        self._volumes = Volumes(self)
        self._snapshots = Snapshots(self)
        self._backups = Backups(self)
        self._restored = Restored(self)
        self._names = (f"storm-{number}" for number in itertools.count())

    def arm_everywhere(self, places: Sequence[str]) -> None:
        """Have whoever comes by one of these first die there, at any time from now on."""
        self._everywhere = list(places)

    def arm_the_rest(self) -> None:
        """Arm again what has not been hit of everywhere."""
        self.plan.arm(DIE, self._not_hit(self._everywhere))

    def flow(self, flow: Flow) -> None:
        """Send servers through a flow until each of its boundaries has been hit."""
        recipe = RECIPES[flow.name]
        self.plan.arm(DIE, self._not_hit([*catalog.of_flow(flow), *self._everywhere]))
        self.plan.arm(TWICE, _steps(flow, (False, True)))
        for _ in range(ROUNDS):
            self._round(flow, recipe)
            if self.problems or not self._to_go(flow):
                break
        self.plan.disarm()

    def settle(self, doing: str) -> None:
        """Wait until nothing is under way and everything agrees; what does not is a problem."""
        try:
            wait_for(lambda: not agreement.unfinished(self.fleet), "an end", SETTLE_S)
            wait_for(lambda: not self._left(), "agreement", AGREE_S, 0.3)
        except TimeoutError:
            self.problems += [f"{doing}: {each}" for each in self._left()]

    def _left(self) -> list[str]:
        return agreement.differences(self.fleet) or audit_of(self.fleet)

    def _not_hit(self, places: Iterable[str]) -> list[str]:
        hit = {each.at for each in self.plan.fired(DIE)}
        return [each for each in places if each not in hit and self._only in each]

    def _to_go(self, flow: Flow) -> list[str]:
        """What has not happened yet of what this flow must pass, or of what a process has come by."""
        of_flow = catalog.of_flow(flow)
        return [each for each in self.plan.waiting(DIE) if each in of_flow] + self.plan.waiting(TWICE, FAIL_ONCE)

    def _round(self, flow: Flow, recipe: Recipe) -> None:
        began = time.monotonic()
        fails = [] if flow.forward_only else _sides(flow, undo=False)
        count = len(fails) + PLAIN + (0 if flow.forward_only else CANCELLED)
        herds: dict[str, Storm | Images | Volumes] = {
            "image": self._images, "volume": self._volumes, "snapshot": self._snapshots, "backup": self._backups,
            "restore_backup": self._restored}
        herd = herds.get(flow.name) or herds.get(flow.resource_type, self)
        ids = herd.begin(recipe, count)
        self.plan.arm(FAIL, fails)
        self.plan.arm(FAIL_ONCE, _sides(flow, undo=not flow.forward_only))
        ids = [herd.start(recipe, each) for each in ids]
        gone = [] if flow.forward_only else ids[-CANCELLED:]
        for number, each in enumerate(gone):
            herd.delete(each, keyed=bool(number % 2))
        self.settle(flow.name)
        herd.judge(flow, recipe, [each for each in ids if each not in gone], gone)
        herd.empty(ids)
        print(f"{flow.name}: {len(ids)} {flow.resource_type}s, {len(self._to_go(flow))} to go, "
              f"{time.monotonic() - began:.1f} s", flush=True)

    def begin(self, recipe: Recipe, count: int) -> list[str]:
        """Servers in the state that the flow begins with; names of new ones where it makes them."""
        names = [next(self._names) for _ in range(count)]
        if not recipe.begins:
            return names
        ids = [self.create(name, from_volume=recipe.from_volume) for name in names]
        self.settle("preparing")
        for action in PREPARE.get(recipe.begins, ()):
            for server_id in ids:
                self.act(server_id, action)
            self.settle("preparing")
        return ids

    def create(self, name: str, *, from_volume: bool = False) -> str:
        """Ask for a server, sending the same request again when its answer is lost; every third or so without a key."""
        keyed = not name.endswith(("0", "3", "6"))
        body = self.furniture.body(name)
        # Every server has a volume that is made for it and goes with it: whatever moves the one takes the other along.
        root: dict[str, Any] = {"source_type": "image", "destination_type": "local", "boot_index": 0, "uuid": body["server"]["imageRef"]}
        if from_volume:
            del body["server"]["imageRef"]
            root |= {"destination_type": "volume", "volume_size": 1, "delete_on_termination": True}
        body["server"]["block_device_mapping_v2"] = [
            root,
            {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "delete_on_termination": True}]
        return str(self.client.request("POST", SERVERS, body, keyed=keyed)["server"]["id"])

    def delete(self, server_id: str, *, keyed: bool = True) -> None:
        """Ask for a server's deletion."""
        self.client.delete(f"{SERVERS}/{server_id}", keyed=keyed)

    def start(self, recipe: Recipe, server_id: str) -> str:
        """Send a server into the flow; return its id."""
        if not recipe.begins:
            return self.create(server_id)
        if not recipe.ends:
            self.client.delete(f"{SERVERS}/{server_id}")
        elif recipe.goes_off:
            self._off.append(server_id)
            self.fleet.script.write_text(json.dumps({"guests_off": self._off}), encoding="utf-8")
        elif recipe.ask is not None:
            recipe.ask(self.client, self.furniture, server_id)
        else:
            self.act(server_id, recipe.change or recipe.action or {})
        return server_id

    def act(self, server_id: str, action: dict[str, Any] | servers.Change) -> None:
        """Begin an action, by a request or, for a change, in its stead."""
        if not isinstance(action, servers.Change):
            text = json.dumps(action).replace(f'"{IMAGE}"', json.dumps(self.furniture.image_id))
            self.client.post(f"{SERVERS}/{server_id}/action", json.loads(text))
            return
        database = self.fleet.database
        with database.write() as connection:
            row = servers.get_server(connection, server_id, lock=True)
            context = Context(request_id=f"req-{server_id}", user_id=row["user_id"], project_id=row["project_id"])
            servers.request_change(connection, Ids(), database.now(connection), context=context, row=row,
                                   change=action, may_override_lock=True)

    def judge(self, flow: Flow, recipe: Recipe, ids: list[str], gone: list[str]) -> None:
        """Each server is as the recipe says; one is undone only where the plan made its step fail."""
        with self.fleet.database.read() as connection:
            rows = {row.id: row for row in connection.execute(
                sa.select(server.c.id, server.c.status, server.c.fault, server.c.deleted_at))}
            owners = dict(connection.execute(sa.select(operation.c.id, operation.c.resource_id)).all())
        failed = {owners.get(each.subject) for each in self.plan.fired(FAIL)}
        for server_id in ids:
            row = rows[server_id]
            status = "" if row.deleted_at else row.status
            wanted = recipe.undone if server_id in failed else (recipe.ends,)
            if status not in wanted:
                self.problems.append(f"{flow.name}: server {server_id} is {status}, not {' or '.join(wanted)}: {row.fault}")
        self.problems += [f"{flow.name}: server {each} was deleted and is still there" for each in gone
                          if not rows[each].deleted_at or self.client.has(f"{SERVERS}/{each}")]

    def empty(self, ids: list[str]) -> None:
        """Delete all of them."""
        self._off.clear()
        self.fleet.script.unlink(missing_ok=True)
        for server_id in ids:
            self.client.delete(f"{SERVERS}/{server_id}")
        self.settle("emptying")


def _steps(flow: Flow, ways: Iterable[bool]) -> list[str]:
    return [f"step {step.name} {boundary.way(undo)}" for step in flow.steps for undo in ways
            if not (undo and flow.forward_only)]


def _sides(flow: Flow, *, undo: bool) -> list[str]:
    return [f"{step} {side}" for step in _steps(flow, (undo,)) for side in catalog.SIDES]


def missing_recipes() -> list[str]:
    """Flows that nobody has said how to start."""
    return [f"{name} has no line in tests/crash/recipes.py" for name in FLOWS if name not in RECIPES]
