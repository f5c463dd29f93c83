"""The scheduler's steps of moving a volume to another backend, and what its agents are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_type
from cumulo.common.operations import store
from cumulo.common.operations.step import State
from cumulo.scheduler import volumes as placing
from cumulo.scheduler.moving import Outdated
from cumulo.volume import attachments, backends, moves, states, types, volumes

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Services, Work


def plan_choose(services: Services, state: State) -> placing.Placement | None:
    """Choose the backend that a volume moves to; None where it has one already."""
    with services.database.read() as connection:
        row = volumes.get_volume(connection, state["volume_id"])
        left_on = moves.left_on(connection, row["id"])
    if row["moving_to"]:
        return None
    # Where an administrator says whither, that is where it goes, in whatever zone.
    elsewhere = {"backend": state["to_backend"], "zone": None} if "to_backend" in state else {"backend": None}
    return placing.plan(services, row, state, type_id=state.get("type_id"), **elsewhere,
                        different_backends=(row["backend"], *left_on), asked_at=row["updated_at"])


def choose(connection: sa.Connection, now: float, work: Work, planned: placing.Placement | None) -> State:
    """Take the room there."""
    row = volumes.get_volume(connection, work.state["volume_id"])
    target = row["moving_to"]
    if target is None:
        if planned is None or not backends.claim(connection, planned.name, planned.generation):
            raise Outdated(row["id"])
        target = planned.name
        volumes.update_volume(connection, now, row["id"], moving_to=target, migration_status=states.MIGRATING)
    return {"target": target, "target_host": backends.host_of(target)}


def choose_nothing(connection: sa.Connection, now: float, work: Work) -> State:
    """Give the room back: the volume stays where it is, unless a guest has gone over to the copy."""
    if work.state.get("landed"):
        return switch_used(connection, now, work, None)
    connection.execute(sa.update(volume).where(volume.c.id == work.state["volume_id"]).values(
        updated_at=now, moving_to=None, migration_status=states.NOT_MIGRATED))
    return {"target": None, "target_host": None}


def switch(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the volume is there now, of the type that it was to have."""
    values: dict[str, Any] = {"backend": work.state["target"], "moving_to": None, "migration_status": states.MIGRATED}
    row = volumes.get_volume(connection, work.state["volume_id"])
    zone = placing.zone_of(connection, work.state["target"])
    values |= {"availability_zone": zone} if zone and row["availability_zone"] else {}
    if work.state.get("type_id"):
        query = sa.select(volume_type.c.extra_specs).where(volume_type.c.id == work.state["type_id"])
        specs = connection.execute(query).scalar()
        if specs is None:
            raise errors.NotFound(f"Volume type {work.state['type_id']} is gone.")
        values |= {"type_id": work.state["type_id"], "multiattach": types.is_multiattach(specs)}
    volumes.update_volume(connection, now, row["id"], **values)
    return {}


def switch_used(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the volume is there now, and how its server's host opens it."""
    switch(connection, now, work, None)
    attachments.update(connection, now, work.state["attachment_id"], connection=work.state["connection"])
    return {}


def on_the_move(connection: sa.Connection, volume_id: str) -> dict[str, Any]:
    """Return from where and whither a volume is being copied: {"backend", "target"}; raises NotFound where it is not."""
    running = store.active(connection, volume_id) or _of_its_server(connection, volume_id)
    if running is None or running["phase"] != "doing" or running["cancel"] or (
            running["flow"] not in (*moves.FLOWS, moves.USED) or running["state"]["volume_id"] != volume_id):
        raise errors.NotFound(f"Volume {volume_id} is not being moved.")
    target = connection.execute(sa.select(volume.c.moving_to).where(volume.c.id == volume_id)).scalar()
    return {"backend": running["state"]["backend"], "target": target}


def _of_its_server(connection: sa.Connection, volume_id: str) -> Any:
    """The operation under way of the server that has a volume, if any."""
    for each in volumes.attachments_of(connection, [volume_id])[volume_id]:
        if each["managed"]:
            return store.active(connection, each["server_id"])
    return None
