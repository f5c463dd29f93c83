"""The steps of moving a running server that run in the runner itself, and what its agent asks meanwhile.

The rooms on both hosts are held as they are while a server is resized (moving.py): the claim is where its row says it is,
the row of server_move the other one.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import compute_host, server, server_move
from cumulo.common.operations import store
from cumulo.common.operations.step import State
from cumulo.compute import fits, leftovers, moves, servers, states
from cumulo.network import desired, ports
from cumulo.scheduler import moving, snapshot
from cumulo.scheduler.place import plan_place

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Services, Work

FLOW, FOLLOWS = "live_migrate_server", "land_server"


def plan(services: Services, state: State) -> moving.PlanMade | None:
    """Choose the host to move to; None when the server has its room there already."""
    with services.database.read() as connection:
        if moves.find_move(connection, state["server_id"]) is not None:
            return None
        now = services.database.now(connection)
        wanted = dataclasses.replace(snapshot.request(connection, services.conf, state["server_id"]),
                                     host=state["to_host"], leaves=state["source"])
        hosts = snapshot.hosts(connection, now, services.conf, wanted)
    seed = int.from_bytes(services.ids.random_bytes(8), "big")
    return plan_place(hosts, wanted, snapshot.limits(services.conf), seed=seed)


def reserve(connection: sa.Connection, now: float, work: Work, planned: moving.PlanMade | None) -> State:
    """Take the room on the target by compare-and-set on its generation."""
    taken = moves.find_move(connection, work.state["server_id"])
    if taken is not None:
        return {"target": taken["host"]}
    if planned is None:  # the room that the plan saw is gone
        raise moving.Outdated(work.state["server_id"])
    host, wanted = planned
    moving.take_room(connection, now, work.state, host, wanted)
    return {"target": host.name}


def release(connection: sa.Connection, now: float, work: Work) -> State:
    """Give the room back. A guest that has landed there all the same is there from now on: it has left its old host."""
    if work.state.get("landed"):
        return moving.move(connection, now, work, None)
    moves.remove_move(connection, work.state["server_id"])
    return {"host": work.state["source"]}


def refuge(connection: sa.Connection, now: float, work: Work, planned: moving.PlanMade | None) -> State:
    """Have a server of a host that is down be on another one, where it is to be made anew."""
    state = work.state
    row = servers.get_server(connection, state["server_id"])
    if row["host"] != state["source"]:
        return {"host": row["host"]}
    if planned is None:
        raise moving.Outdated(state["server_id"])
    host, wanted = planned
    left = moves.room_of(connection, state["server_id"])
    moving.take_room(connection, now, state, host, wanted)
    _turn(connection, now, state)
    leftovers.note(connection, now, state["source"], state["server_id"])
    return {"host": host.name} | ({"left": left} if left["fit"] else {})


def no_refuge(connection: sa.Connection, now: float, work: Work) -> State:
    """Leave it where it was: what that host has of it is its own again."""
    state = work.state
    row = servers.get_server(connection, state["server_id"])
    if row["host"] != state["source"]:
        connection.execute(sa.insert(server_move).values(
            server_id=row["id"], host=state["source"], flavor_id=row["flavor_id"], flavor=row["flavor"], created_at=now,
            **(moves.sizes(moves.on_host(row)) | _room_left(connection, state))))
        _turn(connection, now, state)
        leftovers.forget(connection, state["source"], state["server_id"])
    return {"host": state["source"]}


def _room_left(connection: sa.Connection, state: State) -> dict[str, Any]:
    """What it had of its old host for itself, unless another server has some of it by now: then it has to be moved on."""
    left = state.get("left")
    own = fits.fit(left["fit"]) if left else None
    if left is None or own is None:
        return {}
    # Whoever plans on this host has not seen what is taken here.
    connection.execute(sa.update(compute_host).where(compute_host.c.name == state["source"]).values(
        generation=compute_host.c.generation + 1))
    others = snapshot.fits_on(connection).get(state["source"], [])
    taken = {each for other in others for each in (*other.processors, *(address for address, _ in other.devices))}
    is_free = not taken & {*own.processors, *(address for address, _ in own.devices)}
    return left if is_free else {}


def _turn(connection: sa.Connection, now: float, state: State) -> None:
    """Have the server be where its other room is, and give the one it had back."""
    moving.turn_round(connection, now, state)
    moves.remove_move(connection, state["server_id"])


def plan_refuge(services: Services, state: State) -> moving.PlanMade | None:
    """Choose a host; None when the server has left the one that is down."""
    with services.database.read() as connection:
        if servers.get_server(connection, state["server_id"])["host"] != state["source"]:
            return None
    return plan(services, state)


def expect_ports(connection: sa.Connection, now: float, work: Work) -> None:
    """Have the target be ready for the ports of a server that is still elsewhere."""
    for port_id in sorted(work.state.get("ports", ())):
        ports.expect_port(connection, now, port_id, work.state["target"])


def expect_no_ports(connection: sa.Connection, now: float, work: Work) -> None:
    """Take that back, unless the guest needs them there."""
    if not work.state.get("landed"):
        for port_id in sorted(work.state.get("ports", ())):
            ports.expect_port(connection, now, port_id, "")


def concerned(connection: sa.Connection, work: Work) -> list[str]:
    """The agents that must hear at once that the server's cards are elsewhere now."""
    networks = {each["network_id"] for each in ports.ports_of_device(connection, work.state["server_id"])}
    return sorted({f"network.{host}" for each in sorted(networks) for host in desired.hosts_of_network(connection, each)})


def landed(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Give the old room back, and write down what the guest is."""
    moves.remove_move(connection, work.state["server_id"])
    status, power_state = _BECOMES[work.state.get("power") or "running"]
    is_left = (server.c.id == work.state["server_id"], server.c.deleted_at.is_(None))
    connection.execute(sa.update(server).where(*is_left).values(
        status=status, power_state=power_state, fault=None, updated_at=now))
    return {}


_BECOMES = {"running": (states.ACTIVE, states.POWER_RUNNING), "paused": (states.PAUSED, states.POWER_PAUSED),
            "off": (states.SHUTOFF, states.POWER_SHUT_DOWN), "saved": (states.SUSPENDED, states.POWER_SHUT_DOWN)}


def orders(connection: sa.Connection, server_id: str) -> dict[str, Any]:
    """What the source's agent asks again and again: whether to stop, and whether to be over with it sooner."""
    running = store.active(connection, server_id)
    if running is None or running["flow"] != FLOW:
        return {"stop": True, "hurry": False}
    stop = running["cancel"] or running["phase"] != "doing" or bool(running["state"].get("abort"))
    return {"stop": bool(stop), "hurry": bool(running["state"].get("hurry"))}
