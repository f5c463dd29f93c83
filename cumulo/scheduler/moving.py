"""The steps of resizing and moving that run in the runner: which host, who holds which room, what the server is.

The claim is always the room of the host that the server's row names; the row of server_move is the other one. `move`
turns the two round, in one transaction with the server's host, flavor and ports.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import claim, compute_host, server, server_group, server_move
from cumulo.common.db.tables.network import port
from cumulo.common.operations.step import State
from cumulo.compute import moves, servers, snapshots
from cumulo.image import attributes, images
from cumulo.network import guarantees, ports, revisions
from cumulo.scheduler import fitting, saved_images, snapshot
from cumulo.scheduler.filters import Host, Request
from cumulo.scheduler.place import plan_place
from cumulo.volume import server_volumes

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Services, Work

STAY_IF_ROOM, MUST_STAY, MUST_LEAVE = "if there is room", "yes", "no"
PlanMade = tuple[Host, Request]


class Outdated(Exception):
    """The host changed after the plan was made."""


def plan(services: Services, state: State) -> PlanMade | None:
    """Choose a host for the new size; None when the server has its new room already."""
    with services.database.read() as connection:
        if moves.find_move(connection, state["server_id"]) is not None:
            return None
        now = services.database.now(connection)
        wanted = dataclasses.replace(snapshot.request(
            connection, services.conf, state["server_id"], state["flavor"]), host=state["to_host"])
        hosts = snapshot.hosts(connection, now, services.conf, wanted)
    limits, seed = snapshot.limits(services.conf), int.from_bytes(services.ids.random_bytes(8), "big")
    if state["stay"] in (STAY_IF_ROOM, MUST_STAY):
        try:
            here = dataclasses.replace(wanted, host=state["source"])
            return plan_place(hosts, here, limits, seed=seed)
        except errors.NoValidHost:
            if state["stay"] == MUST_STAY:
                raise
    wanted = dataclasses.replace(wanted, leaves=state["source"])
    return plan_place(hosts, wanted, limits, seed=seed)


def choose(connection: sa.Connection, now: float, work: Work, planned: PlanMade | None) -> State:
    """Take the new room by compare-and-set on its host's generation, and make the image that a leaving server goes by."""
    state = work.state
    taken = moves.find_move(connection, state["server_id"])
    if taken is not None:
        return _chosen(state, taken["host"])
    if planned is None:  # the room that the plan saw is gone
        raise Outdated(state["server_id"])
    host, wanted = planned
    take_room(connection, now, state, host, wanted)
    if host.name != state["source"] and not state.get("boots_from_volume"):
        _make_image(connection, now, state)
    return _chosen(state, host.name)


def take_room(connection: sa.Connection, now: float, state: State, host: Host, wanted: Request) -> None:
    """Write down the second room of a server; raises Outdated when the host, or the server's group, is not as planned."""
    seen = (compute_host.c.name == host.name, compute_host.c.generation == host.generation)
    if connection.execute(sa.update(compute_host).where(*seen).values(generation=host.generation + 1)).rowcount != 1:
        raise Outdated(host.name)
    if wanted.group is not None:
        seen = (server_group.c.id == wanted.group.id, server_group.c.generation == wanted.group.generation)
        bump = sa.update(server_group).where(*seen).values(generation=wanted.group.generation + 1)
        if connection.execute(bump).rowcount != 1:
            raise Outdated(wanted.group.id)
    connection.execute(sa.insert(server_move).values(
        server_id=state["server_id"], host=host.name, flavor_id=state["flavor_id"], flavor=state["flavor"],
        created_at=now, **fitting.room(wanted)))
    revisions.hold(connection)
    if guarantees.broken(connection, port.c.device_id == state["server_id"]):  # promised to others since
        raise Outdated(host.name)


def _chosen(state: State, host: str) -> State:
    has_image = host != state["source"] and not state.get("boots_from_volume")
    return {"target": host} | ({"boot_image": state["image_id"]} if has_image else {})


def _make_image(connection: sa.Connection, now: float, state: State) -> None:
    """An image that no list shows, for as long as the server is on its way."""
    row = servers.get_server(connection, state["server_id"])
    body = snapshots.image_body(row, name=f"{row['id']} on its way", disk_format=state["format"], inherited={},
                                metadata={}, min_ram=0, image_type="move")
    new = attributes.new_image(body | {"os_hidden": True}, attributes.Bounds())
    images.create_image(connection, now, state["image_id"], row["project_id"], new)


def choose_nothing(connection: sa.Connection, now: float, work: Work) -> State:
    """Give the new room back, and remove the image."""
    moves.remove_move(connection, work.state["server_id"])
    saved_images.remove_image(connection, work.state["image_id"])
    return {"target": None}


def move(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """The server is what it is to be, where it is to be; the row of server_move says what it was, and where."""
    if _is_there(connection, work.state):
        return {"host": work.state["target"]}
    return turn_round(connection, now, work.state)


def _is_there(connection: sa.Connection, state: State) -> bool:
    """Whether the server is what and where it is to be; on one host only its size tells."""
    row = servers.get_server(connection, state["server_id"])
    return bool(row["host"] == state.get("target") and row["flavor"] == state["flavor"])


def move_again(connection: sa.Connection, now: float, work: Work) -> State:
    """The same the other way round; nothing where it never went."""
    if not _is_there(connection, work.state):
        return {"host": work.state["source"]}
    return turn_round(connection, now, work.state)


def move_back(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """The server is what it was, where it was, and holds no other room."""
    if moves.find_move(connection, work.state["server_id"]) is not None:
        turn_round(connection, now, work.state)
        moves.remove_move(connection, work.state["server_id"])
    return {"host": work.state["source"]}


def turn_round(connection: sa.Connection, now: float, state: State) -> State:
    """Have the server be where its other room is, and what it is there; that room is then the one it had."""
    server_id = state["server_id"]
    row = servers.get_server(connection, server_id)
    other = moves.find_move(connection, server_id)
    if other is None:
        raise errors.Conflict(f"Server {server_id} holds no other room.")
    left = moves.room_of(connection, server_id)
    connection.execute(sa.update(server_move).where(server_move.c.server_id == server_id).values(
        host=row["host"], flavor_id=row["flavor_id"], flavor=row["flavor"], **left))
    connection.execute(sa.update(claim).where(claim.c.server_id == server_id).values(
        host=other["host"], **{name: other[name] for name in moves.ROOM}))
    connection.execute(sa.update(server).where(server.c.id == server_id).values(
        host=other["host"], flavor_id=other["flavor_id"], flavor=other["flavor"], vcpus=other["vcpus"],
        memory_mib=other["memory_mib"], updated_at=now))
    for port_id in sorted(state.get("ports", ())):
        ports.bind_port(connection, now, port_id, other["host"])
    server_volumes.follow(connection, now, state, other["host"])
    return {"host": other["host"]}


def moved(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the server waits to be confirmed, and remove the image it came by."""
    saved_images.remove_image(connection, work.state["image_id"])
    power_state = 4 if work.state["ends"] == "SHUTOFF" else 1
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(
        status="VERIFY_RESIZE", power_state=power_state, fault=None, updated_at=now))
    return {}


def confirm(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Give the old room back: the server is what it has become."""
    moves.remove_move(connection, work.state["server_id"])
    status, power_state = ("SHUTOFF", 4) if work.state["ends"] == "SHUTOFF" else ("ACTIVE", 1)
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(
        status=status, power_state=power_state, updated_at=now))
    return {}
