"""The steps of volumes that run in the runner itself, and what the end of their operations means for them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.context import Context
from cumulo.common.db.tables.volume import volume, volume_backend, volume_snapshot, volume_type
from cumulo.common.ids import Ids
from cumulo.common.operations import lease, store
from cumulo.common.operations.lease import Operation
from cumulo.common.operations.step import State
from cumulo.scheduler import backups
from cumulo.scheduler.moving import Outdated
from cumulo.scheduler.volume_place import Backend, Limits, Wanted, place
from cumulo.volume import (
    attachments,
    backends,
    group_snapshots,
    groups,
    moves,
    qos,
    server_volumes,
    snapshots,
    states,
    type_encryption,
    types,
    volumes,
)

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Services, Work

LOG = log.get(__name__)
FAULT_LENGTH = 1024
_UNDONE = {"create_volume": states.ERROR, "manage_volume": states.ERROR_MANAGING}
"""What is left of a volume that was not made."""
_AWAITED = ("create_volume", "reimage_volume")
"""Flows that an operation of a server may wait for."""
USED = moves.USED
_HARMLESS = ("clear_volume", "upload_volume",)
"""Flows that change nothing of their volume."""
# Statements of every flow, built once: that costs more than running them.
_BY_ID = sa.select(volume).where(volume.c.id == sa.bindparam("its_id"))
_CAPABILITIES = sa.select(volume_backend.c.capabilities).where(volume_backend.c.name == sa.bindparam("its_name"))


@dataclasses.dataclass(frozen=True)
class Placement:
    """A backend at the generation that the plan saw."""

    name: str
    generation: int


def plan_place(services: Services, state: State) -> Placement | None:
    """Choose a backend; None when the volume has one already, or is gone."""
    with services.database.read() as connection:
        row = connection.execute(_BY_ID, {"its_id": state["volume_id"]}).mappings().first()
        if row is None or row["backend"]:
            return None
    return plan(services, row, state)


def plan(services: Services, row: Any, state: State, *, type_id: str | None = None, **otherwise: Any) -> Placement:
    """Choose a backend for a volume, of another type where one is named; otherwise: what it needs instead of its own."""
    with services.database.read() as connection:
        now = services.database.now(connection)
        wanted = dataclasses.replace(_wanted(connection, row, state, type_id or row["type_id"]), **otherwise)
        found = _snapshot(connection, now, services.conf)
    seed = int.from_bytes(services.ids.random_bytes(8), "big")
    try:
        chosen = place(found, wanted, Limits(services.conf.volume.service_down_after_s), seed=seed)
    except errors.NoValidHost as error:
        # A backend that is only silent might still do: agents restart, clocks jump, clouds pause.
        patient = services.is_new() or now - wanted.asked_at < services.conf.volume.backend_wait_s
        if patient and (error.facts["removed"].get("alive") or not found):
            raise errors.Retry(f"{error.message} (they may be heard soon)") from error
        raise
    return Placement(chosen.name, chosen.generation)


def _wanted(connection: sa.Connection, row: Any, state: State, type_id: str | None) -> Wanted:
    specs: dict[str, str] = {}
    if type_id:
        specs = connection.execute(sa.select(volume_type.c.extra_specs).where(volume_type.c.id == type_id)).scalar() or {}
    hints = row["scheduler_hints"] or {}
    return Wanted(
        size_gib=row["size_gib"], backend=(state.get("source") or {}).get("backend"),
        host=(state.get("source") or {}).get("host"), zone=row["availability_zone"],
        says=(*(each for each in types.wanted_capabilities(specs) if each[0] != types.MULTIATTACH),
              *type_encryption.asks(connection, type_id), *qos.asks(connection, type_id)),
        same_backends=_backends_of(connection, hints.get("same_host")) if hints.get("same_host") else None,
        different_backends=_backends_of(connection, hints.get("different_host")), asked_at=row["created_at"],
        user_host=server_volumes.host_of_user(connection, row["id"]))


def _backends_of(connection: sa.Connection, hint: str | list[str] | None) -> tuple[str, ...]:
    wanted = [hint] if isinstance(hint, str) else hint or []
    if not wanted:
        return ()
    query = sa.select(volume.c.backend).where(volume.c.id.in_(wanted), volume.c.backend.is_not(None)).distinct()
    return tuple(sorted(connection.execute(query).scalars()))


def _snapshot(connection: sa.Connection, now: float, conf: Any) -> list[Backend]:
    ratio = conf.volume.over_subscription_ratio * (100 - conf.volume.reserved_percentage) / 100
    return [Backend(
        name=row["name"], generation=row["generation"], room_gib=row["total_gib"] * ratio,
        allocated_gib=row["allocated_gib"], total_gib=row["total_gib"], zone=backends.zone_of(row, conf.volume.availability_zone),
        is_enabled=not row["disabled"] and not row["frozen"],
        silent_s=float("inf") if row["last_seen"] is None else now - row["last_seen"],
        bound_host=row["host"] if row["capabilities"].get("host_bound") else None,
        said=frozenset((key, str(value)) for key, value in row["capabilities"].items()),
    ) for row in backends.list_backends(connection)]


def place_volume(connection: sa.Connection, now: float, work: Work, planned: Placement | None) -> State:
    """Take the room on the planned backend."""
    row = connection.execute(_BY_ID, {"its_id": work.state["volume_id"]}).mappings().first()
    if row is None:
        raise volumes.not_found(work.state["volume_id"])
    if row["backend"] is None:
        if planned is None or not backends.claim(connection, planned.name, planned.generation):
            raise Outdated(work.state["volume_id"])
        values: dict[str, Any] = {"backend": planned.name}
        if row["availability_zone"] is None:
            values["availability_zone"] = zone_of(connection, planned.name)
        volumes.update_volume(connection, now, row["id"], **values)
        row = {**row, **values}
    return volumes.place(row)


def zone_of(connection: sa.Connection, name: str) -> str | None:
    """Return the availability zone that a backend says it is in."""
    said = connection.execute(_CAPABILITIES, {"its_name": name}).scalar_one()
    zone: str | None = said.get("availability_zone")
    return zone


def leave_place(connection: sa.Connection, now: float, work: Work) -> State:
    """Give the room back."""
    volumes.update_volume(connection, now, work.state["volume_id"], backend=None)
    return {"backend": None, "host": None}


def settle_volume(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the volume is there."""
    volume_id = work.state["volume_id"]
    volumes.update_volume(connection, now, volume_id, status=states.AVAILABLE, launched_at=now, fault=None)
    attachments.follow(connection, now, volume_id)  # a server may have it made for itself
    return {}


def settle_image(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say of which image the volume is now; one that was in error is whole again."""
    row = volumes.get_volume(connection, work.state["volume_id"])
    status = states.AVAILABLE if row["status"] == states.ERROR else row["status"]
    volumes.update_volume(connection, now, row["id"], status=status, **work.state["about"])
    attachments.follow(connection, now, row["id"])  # it may be a server's
    return {}


def keep(connection: sa.Connection, now: float, work: Work) -> State:
    """Nothing: what a volume becomes when a flow ends undone is decided when it ends."""
    return {}


def forget_volume(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Remove the rows of the volume and of what went with it."""
    group_id = connection.execute(sa.select(volume.c.group_id).where(volume.c.id == work.state["volume_id"])).scalar()
    volumes.forget(connection, work.state["volume_id"])
    groups.forget_empty(connection, group_id)
    return {}


def settle_snapshot(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the snapshot is there."""
    snapshots.update_snapshot(connection, now, work.state["snapshot_id"], status=states.AVAILABLE)
    return {}


def forget_snapshot(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Remove the row of the snapshot."""
    its_id = work.state["snapshot_id"]
    part_of = connection.execute(sa.select(volume_snapshot.c.group_snapshot_id).where(volume_snapshot.c.id == its_id)).scalar()
    snapshots.forget(connection, its_id)
    group_snapshots.forget_empty(connection, part_of)
    return {}


def hold_attachment(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Nothing: the request has noted the attachment."""
    return {}


def drop_attachment(connection: sa.Connection, now: float, work: Work) -> State:
    """Forget it: the volume is as it was."""
    attachments.part(connection, now, work.state["attachment_id"])
    return {}


def settle_attachment(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the server has the volume, and how its host opens it."""
    attachments.update(connection, now, work.state["attachment_id"], status=attachments.ATTACHED, attached_at=now,
                       connection=work.state.get("connection"), host=work.state["host"])
    return {}


def leave_attachment(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Nothing: the request has noted that it ends."""
    return {}


def keep_attachment(connection: sa.Connection, now: float, work: Work) -> State:
    """Say that the server keeps the volume."""
    attachments.update(connection, now, work.state["attachment_id"], status=attachments.ATTACHED)
    return {}


def part_volume(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Forget the attachment: others may have the volume."""
    attachments.part(connection, now, work.state["attachment_id"])
    return {}


def concerned(connection: sa.Connection, work: Work) -> list[str]:
    """Return the volume agents that may have volumes of a server which is going: nobody needs their exports then."""
    of_it = attachments.of_server(connection, work.state["server_id"])
    return sorted({f"volume.{backends.host_of(each['backend'])}" for each in of_it if each["backend"]})


def order(connection: sa.Connection, now: float, work: Work, planned: Ids) -> State:
    """Begin to make the volumes that a server is built with: near its host, which is chosen by now."""
    server_volumes.begin_new(connection, planned, now, work.state)
    return {}


def plan_order(services: Services, state: State) -> Ids:
    """Nothing is decided here: operations need ids."""
    return services.ids


def plan_gather(services: Services, state: State) -> None:
    """See that all volumes of the server are there."""
    with services.database.read() as connection:
        server_volumes.await_new(connection, state["server_id"])


def gather(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say which volumes the server has, now that they are made."""
    return {"volumes": server_volumes.entries(connection, work.state["server_id"])}


def order_image(connection: sa.Connection, now: float, work: Work, planned: Ids) -> State:
    """Begin to give the root volume of a server another image."""
    return {"reimage": server_volumes.begin_reimage(connection, planned, now, work.state)}


def await_no_image(connection: sa.Connection, now: float, work: Work) -> State:
    """See that nothing is written to the volume any more: its guest may be started. One that is deleted is not."""
    running = store.active(connection, work.state["volumes"][0]["volume_id"])
    if running is not None and running["id"] == work.state.get("reimage") and "cancelled_by" not in work.state:
        raise errors.Retry("its volume is being given an image")
    return {}


def plan_image(services: Services, state: State) -> None:
    """See that the root volume has its image."""
    with services.database.read() as connection:
        server_volumes.await_reimage(connection, state["reimage"])


def keep_image(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Nothing: the volume's own operation has noted it."""
    return {}


def build_came_to_nothing(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Take its volumes from a server whose build was undone; those that were made for it are deleted."""
    server_volumes.let_go(connection, ids, now, _asked_by(ended), ended.state)


def server_gone(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Take its volumes from a server that is deleted; those that go with it are deleted."""
    for row in attachments.of_server(connection, ended.resource_id):
        attachments.part(connection, now, row["id"])
        if row["delete_on_termination"]:
            of = volumes.get_volume(connection, row["volume_id"], lock=True)
            volumes.end(connection, ids, now, _asked_by(ended), of)


def plan_growth(services: Services, state: State) -> Placement:
    """See that the backend has room for a volume that grows; what it grows to counts already."""
    with services.database.read() as connection:
        now = services.database.now(connection)
        found = next((each for each in _snapshot(connection, now, services.conf) if each.name == state["backend"]), None)
    if found is None:
        raise errors.NoValidHost(f"There is no backend {state['backend']}.")
    if found.allocated_gib > found.room_gib or state["size_gib"] > found.total_gib:
        raise errors.NoValidHost("No valid backend: 1 backend; capacity removed 1")
    return Placement(found.name, found.generation)


def hold_room(connection: sa.Connection, now: float, work: Work, planned: Placement) -> State:
    """Take the room, unless somebody else took some since the plan was made."""
    if not backends.claim(connection, planned.name, planned.generation):
        raise Outdated(planned.name)
    return {}


def give_room(connection: sa.Connection, now: float, work: Work) -> State:
    """Give it back: the volume does not grow."""
    volumes.update_volume(connection, now, work.state["volume_id"], growing_gib=None)
    return {}


def settle_growth(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the volume has its new size."""
    volumes.update_volume(connection, now, work.state["volume_id"], size_gib=work.state["size_gib"], growing_gib=None)
    return {}


def finished(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Draw the consequences of an operation's end for its volume; one that is gone needs none."""
    row = connection.execute(_BY_ID, {"its_id": ended.resource_id}).mappings().first()
    if row is None:
        return
    if ended.flow == "restore_backup" and ended.phase == "undone":
        backups.restore_failed(connection, ended)
    if ended.phase == "done" and ended.flow in moves.FLOWS:
        clear_behind(connection, ids, now, ended)
    if ended.phase == "stuck":
        if ended.flow not in _HARMLESS:
            _fail(connection, now, ended, states.STUCK.get(ended.flow, states.ERROR))
    elif ended.cancel and ended.flow != "delete_volume":
        _delete(connection, ids, now, ended, row)
    elif ended.phase == "undone" and ended.flow in _UNDONE:
        _fail(connection, now, ended, _UNDONE[ended.flow])
    if ended.flow in _AWAITED:
        for server_id in server_volumes.users_of(connection, ended.resource_id):
            lease.hasten_for(connection, now, server_id)


def snapshot_finished(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Draw the consequences of an operation's end for its snapshot; one that is gone needs none."""
    row = connection.execute(sa.select(volume_snapshot).where(volume_snapshot.c.id == ended.resource_id)).mappings().first()
    if row is None:
        return
    if ended.phase == "stuck":
        status = states.STUCK.get(ended.flow, states.ERROR)
        snapshots.update_snapshot(connection, now, row["id"], status=status)
    elif ended.cancel and ended.flow != "delete_snapshot":
        of = volumes.get_volume(connection, row["volume_id"])
        snapshots.begin(connection, ids, now, _asked_by(ended), row, of, "delete_snapshot", "delete_snapshot")
    elif ended.phase == "undone":
        snapshots.update_snapshot(connection, now, row["id"], status=states.ERROR)


def _fail(connection: sa.Connection, now: float, ended: Operation, status: str) -> None:
    volumes.update_volume(connection, now, ended.resource_id, status=status, fault=(ended.error or "")[:FAULT_LENGTH])


def clear_behind(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Have removed what a volume left behind that moved."""
    moves.begin_clearing(connection, ids, now, _asked_by(ended), ended.state)


def _delete(connection: sa.Connection, ids: Ids, now: float, ended: Operation, row: Any) -> None:
    volumes.begin_delete(connection, ids, now, _asked_by(ended), row, volumes.snapshots_of(connection, row["id"]))
    LOG.info("deletion_follows", after=ended.id, volume=row["id"])


def _asked_by(ended: Operation) -> Context:
    own = {"request_id": ended.request_id, "user_id": ended.user_id, "project_id": ended.project_id}
    return Context.from_dict(ended.state.get("cancelled_by") or own)
