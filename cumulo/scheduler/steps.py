"""The steps that run in the runner itself: claim, settle, forget, publish.

Each one has up to three functions:

    plan(services, state)                 reads and decides, outside of any transaction
    do(connection, now, work, planned)    the effects, in the transaction that records the outcome
    undo(connection, now, work)           likewise

Because effects and outcome commit together under the operation's epoch, a runner
that lost its lease half way leaves nothing behind.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import claim, compute_host, server, server_group
from cumulo.common.db.tables.network import port as port_table
from cumulo.common.ids import Ids
from cumulo.common.operations.step import State
from cumulo.compute import leftovers, moves
from cumulo.identity import limits
from cumulo.image import attributes, images, imports, protections, quotas
from cumulo.network import guarantees, ports, revisions
from cumulo.scheduler import backups, fitting, migrating, moving, saved_images, snapshot, volume_moves, volume_swaps, volumes
from cumulo.scheduler.filters import Group, Host, Request
from cumulo.scheduler.place import plan_place
from cumulo.volume import server_volumes

ACTIVE = {"status": "ACTIVE", "power_state": 1}
SHUTOFF = {"status": "SHUTOFF", "power_state": 4}
PAUSED = {"status": "PAUSED", "power_state": 3}
SUSPENDED = {"status": "SUSPENDED", "power_state": 4}
RESCUE = {"status": "RESCUE", "power_state": 1}
SOFT_DELETED = {"status": "SOFT_DELETED", "power_state": 4}
FOUND = {"running": ACTIVE, "off": SHUTOFF, "paused": PAUSED, "saved": SUSPENDED}
"""What a server is that its host says is so: the "power" that looking at it answers."""
_ENDS = {"ACTIVE": ACTIVE, "SHUTOFF": SHUTOFF}
_SETTLED = {
    "build_server": ACTIVE,
    "start_server": ACTIVE,
    "reboot_server": ACTIVE,
    "stop_server": SHUTOFF,
    "pause_server": PAUSED,
    "unpause_server": ACTIVE,
    "suspend_server": SUSPENDED,
    "resume_server": ACTIVE,
    "rescue_server": RESCUE,
    "unrescue_server": ACTIVE,
    "soft_delete_server": SOFT_DELETED,
    "restore_server": ACTIVE,
}


class PlanOutdated(Exception):
    """The host changed after the plan was made: plan again."""


@dataclasses.dataclass(frozen=True)
class Services:
    """What planning may use."""

    conf: cfg.ConfigOpts
    database: Database
    ids: Ids
    clock: Clock
    started_at: float  # monotonic

    def is_new(self) -> bool:
        """Whether agents may live that this process has had no time to hear."""
        return self.clock.monotonic() - self.started_at < self.conf.servers.service_down_after_s


@dataclasses.dataclass(frozen=True)
class Work:
    """The operation a step is run for."""

    flow: str
    state: State


@dataclasses.dataclass(frozen=True)
class Placement:
    """A host at the generation that the plan saw, and what is to be claimed of it."""

    host: Host
    request: Request


@dataclasses.dataclass(frozen=True)
class LocalStep:
    """One step's functions."""

    do: Callable[[sa.Connection, float, Work, Any], State]
    undo: Callable[[sa.Connection, float, Work], State]
    plan: Callable[[Services, State], Any] = lambda services, state: None
    # The agents that are to look at once when it was done, or undone, by their targets: network.h1, volume.h1.
    concerns: Callable[[sa.Connection, Work], list[str]] = lambda connection, work: []


def plan_claim(services: Services, state: State) -> Placement | None:
    """Choose a host; None when the server has its claim already."""
    with services.database.read() as connection:
        if _claimed_host(connection, state["server_id"]) is not None:
            return None
        now = services.database.now(connection)
        wanted = snapshot.request(connection, services.conf, state["server_id"])
        if "to_host" in state:  # a server that comes back is not bound to where it was first
            wanted = dataclasses.replace(wanted, host=state["to_host"])
        hosts = snapshot.hosts(connection, now, services.conf, wanted)
    seed = int.from_bytes(services.ids.random_bytes(8), "big")
    try:
        return Placement(*plan_place(hosts, wanted, snapshot.limits(services.conf), seed=seed))
    except errors.NoValidHost as error:
        if _may_be_heard_soon(services, now - wanted.asked_at, hosts, error):
            raise errors.Retry(f"{error.message} (they may be heard soon)") from error
        raise


def _may_be_heard_soon(services: Services, waited_s: float, hosts: list[Host], error: errors.NoValidHost) -> bool:
    """Whether a host that is only silent might still do: agents restart, clocks jump, clouds pause.

    None of that must fail a build, so it waits a while; in a cloud that has just been started, longer.
    """
    if services.is_new() and not hosts:
        return True
    patient = services.is_new() or waited_s < services.conf.scheduler.host_wait_s
    return patient and bool(error.facts["removed"].get("alive"))


def claim_host(connection: sa.Connection, now: float, work: Work, planned: Placement | None) -> State:
    """Take the room on the planned host and bind the server's ports there."""
    server_id = work.state["server_id"]
    host = _claimed_host(connection, server_id)
    if host is None:
        if planned is None:  # the claim that the plan saw is gone
            raise PlanOutdated(server_id)
        host = _insert_claim(connection, now, planned)
    connection.execute(sa.update(server).where(server.c.id == server_id).values(host=host, updated_at=now))
    for port_id in sorted(work.state.get("ports", ())):
        ports.bind_port(connection, now, port_id, host)
    return {"host": host}


def _claimed_host(connection: sa.Connection, server_id: str) -> str | None:
    return connection.execute(sa.select(claim.c.host).where(claim.c.server_id == server_id)).scalar()


def _insert_claim(connection: sa.Connection, now: float, planned: Placement) -> str:
    """Compare-and-set on the host's generation, so that two plans cannot both take the last room."""
    host, wanted = planned.host, planned.request
    seen = (compute_host.c.name == host.name, compute_host.c.generation == host.generation)
    bump = sa.update(compute_host).where(*seen).values(generation=host.generation + 1)
    if connection.execute(bump).rowcount != 1:
        raise PlanOutdated(host.name)
    if wanted.group is not None:
        _see_group_unchanged(connection, wanted.group)
    row = {"server_id": wanted.server_id, "host": host.name, "created_at": now}
    connection.execute(sa.insert(claim).values(row | fitting.room(wanted)))
    revisions.hold(connection)
    if guarantees.broken(connection, port_table.c.device_id == wanted.server_id):  # promised to others since the plan was made
        raise PlanOutdated(host.name)
    return host.name


def _see_group_unchanged(connection: sa.Connection, group: Group) -> None:
    """The same for the server's group, so that two of its members cannot both miss the other."""
    seen = (server_group.c.id == group.id, server_group.c.generation == group.generation)
    if connection.execute(sa.update(server_group).where(*seen).values(generation=group.generation + 1)).rowcount != 1:
        raise PlanOutdated(group.id)


def release_claim(connection: sa.Connection, now: float, work: Work) -> State:
    """Give the room back and unbind the ports."""
    _remove_claim(connection, work.state["server_id"])
    unbind_ports(connection, now, work)
    is_server = server.c.id == work.state["server_id"]
    connection.execute(sa.update(server).where(is_server).values(host=None, updated_at=now))
    return {"host": None}


def unbind_ports(connection: sa.Connection, now: float, work: Work) -> None:
    """Take the ports out of what their host must look like; idempotent."""
    for port_id in sorted(work.state.get("ports", ())):
        ports.unbind_port(connection, now, port_id)


def _remove_claim(connection: sa.Connection, server_id: str) -> None:
    host = _claimed_host(connection, server_id)
    connection.execute(sa.delete(claim).where(claim.c.server_id == server_id))
    is_host = compute_host.c.name == host
    connection.execute(sa.update(compute_host).where(is_host).values(generation=compute_host.c.generation + 1))


def settle(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Write down the state that the steps before have brought about: the flow's own, or what the state says it ends as."""
    reached = _SETTLED.get(work.flow) or _ENDS[work.state["ends"]]
    values = reached | {"updated_at": now, "fault": None}
    if work.flow in ("build_server", "rebuild_server", "rebuild_volume_server", "evacuate_server"):
        values["launched_at"] = now
    server_volumes.settle(connection, now, work.state, work.state["host"])
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(values))
    return {}


def adopt(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Write down what the host says of a server that is well; a server in ERROR, rescued or the like stays so."""
    is_well = (server.c.id == work.state["server_id"], server.c.status.in_([each["status"] for each in FOUND.values()]))
    found = FOUND.get(work.state.get("power") or "")
    if found is not None:
        differs = server.c.status != found["status"]
        connection.execute(sa.update(server).where(*is_well, differs).values(found | {"updated_at": now}))
    return {}


def unsettle(connection: sa.Connection, now: float, work: Work) -> State:
    """Nothing: what the server becomes when a flow ends undone is decided when it ends (finish.py)."""
    return {}


def forget(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Remove the claim and the ports made with the server, let go those that were there before; its row stays as that of a deleted one."""
    server_id = work.state["server_id"]
    _remove_claim(connection, server_id)
    moves.remove_move(connection, server_id)
    saved_images.forget_shelved(connection, server_id)
    for port in ports.ports_of_device(connection, server_id):
        _drop_port(connection, now, port["id"])
    gone = {"status": "DELETED", "power_state": 0, "host": None, "updated_at": now,
            "terminated_at": now, "deleted_at": now}  # fmt: skip
    is_left = (server.c.id == server_id, server.c.deleted_at.is_(None))
    connection.execute(sa.update(server).where(*is_left).values(gone))
    return {}


def _drop_port(connection: sa.Connection, now: float, port_id: str) -> None:
    try:
        ports.leave_device(connection, now, port_id)
    except errors.NotFound:
        return  # its owner deleted it a moment ago: that is what was wanted


def keep_forgotten(connection: sa.Connection, now: float, work: Work) -> State:
    """Nothing: a deletion goes forward only."""
    return {}


def bind(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the new port's card is where the server is."""
    ports.bind_port(connection, now, work.state["port_id"], work.state["host"])
    return {}


def part(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Take a port from its server; nothing for one that was taken or deleted meanwhile."""
    for port in ports.ports_of_device(connection, work.state["server_id"]):
        if port["id"] == work.state["port_id"]:
            _drop_port(connection, now, port["id"])
    return {}


def unbind(connection: sa.Connection, now: float, work: Work) -> State:
    """The undo of giving it: the server never had it."""
    return part(connection, now, work, None)


def offload(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Give the host's room back: the server is nowhere until it is unshelved."""
    release_claim(connection, now, work)
    server_volumes.leave(connection, now, work.state["server_id"])
    values = {"status": "SHELVED_OFFLOADED", "power_state": 4, "updated_at": now}
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(values))
    return {"host": None}


def unshelve(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the server is back, and remove the image it came from."""
    saved_images.forget_shelved(connection, work.state["server_id"])
    server_volumes.settle(connection, now, work.state, work.state["host"])
    values = ACTIVE | {"updated_at": now, "fault": None}
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(values))
    return {}


def plan_publish(services: Services, state: State) -> imports.Rules:
    """Read what an image may become, by the configuration and by its owner's limits."""
    image = services.conf.image
    with services.database.read() as connection:
        owner = images.owner_of(connection, state["image_id"])
        own = limits.effective(connection, quotas.SERVICE_TYPE, quotas.RESOURCES, owner)
    return imports.Rules(quotas.Limits(owner, own), protections.of(services.conf),
                         attributes.Bounds(image.max_properties, image.max_tags))


def cleared(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that a host has nothing left of a server, unless it was down again and nothing was asked of it."""
    if not work.state.get("kept"):
        leftovers.forget(connection, work.state["host"], work.state["server_id"])
    return {}


def publish(connection: sa.Connection, now: float, work: Work, planned: imports.Rules) -> State:
    """Give an image the data that has been stored for it."""
    imports.publish(connection, now, work.state, planned)
    return {}


def locate(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Make an image of data that stays at a URL."""
    imports.locate(connection, now, work.state)
    return {}


def unpublish(connection: sa.Connection, now: float, work: Work) -> State:
    """Nothing: it was the last step, so nothing was published; what becomes of the image is decided in finish.py."""
    return {}


STEPS: dict[str, LocalStep] = {
    "claim": LocalStep(claim_host, release_claim, plan_claim),
    "settle": LocalStep(settle, unsettle),
    "forget": LocalStep(forget, keep_forgotten, concerns=volumes.concerned),
    "adopt": LocalStep(adopt, unsettle),
    "shelve": LocalStep(saved_images.shelve, unsettle),
    "bind": LocalStep(bind, unbind),
    "part": LocalStep(part, unsettle),
    "offload": LocalStep(offload, keep_forgotten),
    "unshelve": LocalStep(unshelve, unsettle),
    "choose": LocalStep(moving.choose, moving.choose_nothing, moving.plan),
    "move": LocalStep(moving.move, moving.move_again),
    "moved": LocalStep(moving.moved, unsettle),
    "reserve": LocalStep(migrating.reserve, migrating.release, migrating.plan),
    "switch": LocalStep(moving.move, moving.move_again, concerns=migrating.concerned),
    "refuge": LocalStep(migrating.refuge, migrating.no_refuge, migrating.plan_refuge),
    "cleared": LocalStep(cleared, unsettle),
    "landed": LocalStep(migrating.landed, unsettle),
    "confirm": LocalStep(moving.confirm, unsettle),
    "move_back": LocalStep(moving.move_back, unsettle),
    "hold_image": LocalStep(saved_images.hold_image, saved_images.drop_image),
    "rotate": LocalStep(saved_images.rotate, saved_images.leave_rotated),
    "publish": LocalStep(publish, unpublish, plan_publish),
    "locate": LocalStep(locate, unpublish),
    "place": LocalStep(volumes.place_volume, volumes.leave_place, volumes.plan_place),
    "order_volumes": LocalStep(volumes.order, volumes.keep, volumes.plan_order),
    "gather_volumes": LocalStep(volumes.gather, volumes.keep, volumes.plan_gather),
    "order_image": LocalStep(volumes.order_image, volumes.await_no_image, volumes.plan_order),
    "await_image": LocalStep(volumes.keep_image, volumes.keep, volumes.plan_image),
    "settle_volume": LocalStep(volumes.settle_volume, volumes.keep),
    "choose_backend": LocalStep(volume_moves.choose, volume_moves.choose_nothing, volume_moves.plan_choose),
    "switch_volume": LocalStep(volume_moves.switch, volumes.keep),
    "switch_used": LocalStep(volume_moves.switch_used, volumes.keep),
    "settle_image": LocalStep(volumes.settle_image, volumes.keep),
    "forget_volume": LocalStep(volumes.forget_volume, volumes.keep),
    "hold_attachment": LocalStep(volumes.hold_attachment, volumes.drop_attachment),
    "settle_attachment": LocalStep(volumes.settle_attachment, volumes.keep),
    "leave_attachment": LocalStep(volumes.leave_attachment, volumes.keep_attachment),
    "part_volume": LocalStep(volumes.part_volume, volumes.keep),
    "hold_swap": LocalStep(volume_swaps.hold, volume_swaps.let_go, concerns=volume_swaps.concerned_if_landed),
    "settle_swap": LocalStep(volume_swaps.settle, volumes.keep, concerns=volume_swaps.concerned),
    "settle_snapshot": LocalStep(volumes.settle_snapshot, volumes.keep),
    "forget_snapshot": LocalStep(volumes.forget_snapshot, volumes.keep),
    "hold_room": LocalStep(volumes.hold_room, volumes.give_room, volumes.plan_growth),
    "settle_growth": LocalStep(volumes.settle_growth, volumes.keep),
    "settle_backup": LocalStep(backups.settle_backup, volumes.keep),
    "settle_restore": LocalStep(backups.settle_restore, volumes.keep),
    "let_go_backup": LocalStep(backups.let_go_backup, volumes.keep),
    "forget_backup": LocalStep(backups.forget_backup, volumes.keep),
}

PLACING = ("claim", "choose")
"""The steps that plan on a snapshot of all hosts."""

# What is written before a remote step is sent, by (step, undo): a network agent makes the host look
# as desired, so the ports must have left what is desired before it is asked to take them away.
BEFORE_SENDING: dict[tuple[str, bool], Callable[[sa.Connection, float, Work], None]] = {
    ("plug_ports", True): unbind_ports,
    ("unplug_ports", False): unbind_ports,
    ("plug_ahead", False): migrating.expect_ports,
    ("plug_ahead", True): migrating.expect_no_ports,
}
