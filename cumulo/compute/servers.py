"""Servers: the rules for making, changing and deleting them. How lists are read is in server_queries.

    request_build    quota, rows, ports and operations of new servers
    request_delete   from any state; a build under way walks back first
    request_change   start, stop, reboot, pause and the like, where the state allows it

Each works inside the caller's one transaction: all of it comes to be, or nothing. Whoever calls
rings the scheduler after the commit.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import server, server_tag
from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.compute import flavors, moves, quotas, states

Row = Mapping[str, Any]
Plug = Callable[[str, str], list[str]]
"""Makes the ports of one server, given its id and host name; answers their ids."""
Attach = Callable[[Row], dict[str, Any]]
"""Gives one server its volumes, given its row; answers what its build's state says of them."""
LONGEST_NAME = 255
LONGEST_GUEST_PASSWORD = 1020


@dataclasses.dataclass(frozen=True)
class BuildRequest:
    """What new servers shall be; flavor and key are rows, columns are further columns of the server row."""

    name: str
    flavor: Row
    fewest: int = 1
    most: int = 1
    key: Row | None = None
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    columns: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Change:
    """One way to change a server on its host: its flow, the statuses it starts from, and what its state begins with."""

    action: str
    flow: str
    allowed: tuple[str, ...]
    state: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    needs_host: bool = True


START = Change("start", "start_server", (states.SHUTOFF,))
STOP = Change("stop", "stop_server", (states.ACTIVE, states.ERROR))
SOFT_REBOOT = Change("reboot", "reboot_server", (states.ACTIVE,), {"reboot_type": states.SOFT})
HARD_REBOOT = Change(
    "reboot", "reboot_server", (states.ACTIVE, states.SHUTOFF, states.PAUSED, states.SUSPENDED, states.ERROR),
    {"reboot_type": states.HARD})
PAUSE = Change("pause", "pause_server", (states.ACTIVE,))
UNPAUSE = Change("unpause", "unpause_server", (states.PAUSED,))
SUSPEND = Change("suspend", "suspend_server", (states.ACTIVE,))
RESUME = Change("resume", "resume_server", (states.SUSPENDED,))
HAS_CARDS = (states.ACTIVE, states.PAUSED, states.RESCUE)
WAKE = Change("unshelve", "wake_server", (states.SHELVED,))
UNRESCUE = Change("unrescue", "unrescue_server", (states.RESCUE,))
CHANGE_PASSWORD = Change("changePassword", "change_password", (states.ACTIVE,))
RESTORE = Change("restore", "restore_server", (states.SOFT_DELETED,))
SOFT_DELETE = Change("softDelete", "soft_delete_server", tuple(
    status for status in states.ON_A_HOST if status != states.SOFT_DELETED))


def request_build(connection: sa.Connection, ids: Ids, now: float, *, context: Context, limits: quotas.Limits,
                  wanted: BuildRequest, plug: Plug, attach: Attach = lambda row: {}) -> list[dict[str, Any]]:
    """Make the rows, ports and operations of new servers and return the rows; raises QuotaExceeded."""
    quotas.check_metadata(limits, wanted.metadata)
    count = quotas.reserve(
        connection, limits, context.project_id or "", fewest=wanted.fewest, most=wanted.most,
        vcpus=wanted.flavor["vcpus"], memory_mib=wanted.flavor["memory_mib"], user_id=context.user_id)
    shared = _shared_columns(ids, now, context, wanted)
    rows = []
    for index in range(count):
        name = wanted.name if wanted.most == 1 else f"{wanted.name}-{index + 1}"
        if len(name) > LONGEST_NAME:
            raise errors.BadRequest(f"Numbered, the name has more than {LONGEST_NAME} characters.")
        row = shared | {"id": ids.new_id(), "name": name, "launch_index": index}
        row["hostname"] = _hostname(wanted, index) or hostname_of(name, row["id"])
        connection.execute(sa.insert(server).values(row))
        ports = plug(row["id"], row["hostname"])
        _begin(connection, ids, now, context, row, "build_server", "create", {"ports": ports, **attach(row)}, is_new=True)
        rows.append(row)
    return rows


def _shared_columns(ids: Ids, now: float, context: Context, wanted: BuildRequest) -> dict[str, Any]:
    return {
        "project_id": context.project_id, "user_id": context.user_id, "status": states.BUILD,
        "power_state": states.POWER_UNKNOWN, "flavor_id": wanted.flavor["id"], "flavor": flavors.copy_of(wanted.flavor),
        "vcpus": wanted.flavor["vcpus"], "memory_mib": wanted.flavor["memory_mib"],
        "key_name": wanted.key["name"] if wanted.key else None,
        "public_key": wanted.key["public_key"] if wanted.key else None,
        "metadata": wanted.metadata, "reservation_id": f"r-{ids.new_id().replace('-', '')[:8]}",
        "locked": False, "config_drive": False, "disk_config": "MANUAL", "created_at": now, "updated_at": now,
    } | wanted.columns


def _hostname(wanted: BuildRequest, index: int) -> str | None:
    """The host name that was asked for, numbered as names are."""
    asked = wanted.columns.get("hostname")
    return asked if asked is None or wanted.most == 1 else f"{asked}-{index + 1}"


def hostname_of(name: str, server_id: str) -> str:
    """Return the host name of a guest: the server's name lowered, other characters dropped, 63 at most."""
    kept = re.sub(r"[^a-z0-9.-]", "", re.sub(r"[ _]", "-", name.lower()))
    kept = re.sub(r"\.+", "-", kept)[:63].strip("-")
    return kept or f"server-{server_id}"


def request_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, ports: list[str],
                   may_override_lock: bool) -> None:
    """See that a server goes away; asking twice is harmless. Raises Conflict for a locked server."""
    check_lock(row, may_override_lock)
    running = store.meet(connection, "server", row["id"], "delete")
    if running is None:
        flow, state = moves.deletion_of(connection, row, ports)
        _begin(connection, ids, now, context, row, flow, "delete", state)
    elif conflicts.judge("delete", running) is conflicts.CANCELS or running["phase"] == "stuck":
        # Whoever runs it makes the deletion once this operation has walked back.
        store.cancel(connection, row["id"], context=context)


def request_change(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row, change: Change,
                   may_override_lock: bool) -> None:
    """Begin a change, or have it follow what is under way; raises Conflict where the server's state does not allow it."""
    check_lock(row, may_override_lock)
    running = store.meet(connection, "server", row["id"], conflicts.asked(change.action))
    check_status(row, change.action, change.allowed, needs_host=change.needs_host)
    if running is not None and running["phase"] != "stuck":  # it is queued: nothing else is let through here
        store.queue(connection, running, flow=change.flow, context=context, action=change.action,
                    state={"server_id": row["id"], "host": row["host"], **change.state})
        return
    _begin(connection, ids, now, context, row, change.flow, change.action, {"host": row["host"], **change.state})


def check_status(row: Row, action: str, allowed: tuple[str, ...], *, needs_host: bool = False) -> None:
    """Raise Conflict unless the server has one of these statuses, and a host where one is needed."""
    if row["status"] not in allowed or (needs_host and not row["host"]):
        raise errors.Conflict(
            f"Cannot '{action}' instance {row['id']} while it is in vm_state {states.vm_state(row['status'])}")


def drop_card(connection: sa.Connection, ids: Ids, now: float, *, context: Context, server_id: str,
              device: str) -> bool:
    """Have a running guest lose the card of a port that was deleted in this transaction; say whether one has it.

    The caller holds the server's row, and has seen that no operation is in the way.
    """
    row = connection.execute(sa.select(server).where(server.c.id == server_id)).mappings().first()
    if row is None or row["deleted_at"] is not None or row["status"] not in HAS_CARDS or not row["host"]:
        return False
    _begin(connection, ids, now, context, row, "drop_card", "detach_interface", {"host": row["host"], "device": device})
    return True


def request_soft_delete(connection: sa.Connection, ids: Ids, now: float, *, context: Context, row: Row,
                        ports: list[str], may_override_lock: bool) -> None:
    """Delete a server so that it can be restored, if it is at rest and on a host; else for good."""
    if row["status"] in SOFT_DELETE.allowed and store.active(connection, row["id"]) is None:
        request_change(connection, ids, now, context=context, row=row, change=SOFT_DELETE,
                       may_override_lock=may_override_lock)
    else:
        request_delete(connection, ids, now, context=context, row=row, ports=ports,
                       may_override_lock=may_override_lock)


def _begin(connection: sa.Connection, ids: Ids, now: float, context: Context, row: Row, flow: str, action: str,
           state: dict[str, Any], *, is_new: bool = False) -> None:
    store.create(connection, ids, now, flow=flow, resource_type="server", resource_id=row["id"],
                 state={"server_id": row["id"], **state}, context=context, action=action, is_new=is_new)


def check_lock(row: Row, may_override_lock: bool) -> None:
    """Raise Conflict for a locked server, unless the caller may override it."""
    if row["locked"] and not may_override_lock:
        raise errors.Conflict(f"Instance {row['id']} is locked")


def not_found(server_id: str) -> errors.NotFound:
    """The error for a server that is not there, or not there for the caller."""
    return errors.NotFound(f"Instance {server_id} could not be found.", server_id=server_id)


def get_server(connection: sa.Connection, server_id: str, *, project_id: str | None = None, deleted: bool = False,
               lock: bool = False) -> Row:
    """Return a living server, or one that was deleted as well; raises NotFound, also for another project's.

    project_id None: of whatever project. lock keeps others from changing the row until the transaction ends.
    """
    query = sa.select(server).where(server.c.id == server_id)
    if project_id is not None:
        query = query.where(server.c.project_id == project_id)
    if not deleted:
        query = query.where(server.c.deleted_at.is_(None))
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(server_id)
    return row


def refuse_while_busy(connection: sa.Connection, server_id: str, asked: str) -> None:
    """Hold a server's row, and raise Conflict where an operation under way refuses what is asked about it."""
    connection.execute(sa.select(server.c.id).where(server.c.id == server_id).with_for_update()).first()
    store.meet(connection, "server", server_id, asked)


def refuse_without_image(connection: sa.Connection, image_id: str, *, project_id: str | None) -> None:
    """Raise Conflict when an operation under way needs the image; the caller holds the image's row.

    The refusal names a server of this project (None: of any), never a stranger's.
    """
    shelved = sa.select(server.c.id, server.c.project_id).where(
        server.c.shelved_image_id == image_id, server.c.deleted_at.is_(None))
    for row in connection.execute(shelved).mappings():
        named = f" {row['id']}" if project_id in (None, row["project_id"]) else ""
        conflicts.meet("delete an image", "a server that is shelved as it", errors.Conflict(
            f"Image {image_id} is in use: the server{named} is shelved as it."))
    needs = sa.or_(server.c.image_id == image_id, server.c.kernel_id == image_id, server.c.ramdisk_id == image_id)
    query = (sa.select(server.c.id, server.c.project_id, operation.c.flow, operation.c.cancel, operation.c.action)
             .join(operation, operation.c.active_key == server.c.id).where(needs).order_by(server.c.id))
    for running in connection.execute(query).mappings():
        if conflicts.judge("delete its image", running) is not conflicts.REFUSED:
            continue
        if project_id in (None, running["project_id"]):
            raise conflicts.busy("server", running["id"], running["action"])
        raise errors.Conflict(f"Image {image_id} is in use: {running['action']} of a server is in progress.")


def update_server(connection: sa.Connection, now: float, server_id: str, **values: Any) -> None:
    """Change columns of a living server; raises NotFound."""
    changed = connection.execute(sa.update(server).where(
        server.c.id == server_id, server.c.deleted_at.is_(None)).values(updated_at=now, **values))
    if changed.rowcount == 0:
        raise not_found(server_id)


def tag_cards(connection: sa.Connection, server_id: str, tags: Mapping[str, str]) -> None:
    """Note what cards are called by their owner, by the ids of their ports, beside what others are called."""
    held = connection.execute(sa.select(server.c.device_tags).where(server.c.id == server_id)).scalar()
    connection.execute(sa.update(server).where(server.c.id == server_id).values(device_tags={**(held or {}), **tags}))


def keep_guest_password(connection: sa.Connection, server_id: str, password: str) -> None:
    """Keep the password that a guest tells of itself, the first one only; raises Conflict."""
    is_first = (server.c.id == server_id, server.c.deleted_at.is_(None), server.c.guest_password.is_(None))
    if connection.execute(sa.update(server).where(*is_first).values(guest_password=password)).rowcount != 1:
        raise errors.Conflict("The guest's password is kept already.", server_id=server_id)


def set_tags(connection: sa.Connection, server_id: str, tags: list[str]) -> None:
    """Replace the tags of a server."""
    connection.execute(sa.delete(server_tag).where(server_tag.c.server_id == server_id))
    if tags:
        connection.execute(sa.insert(server_tag), [{"server_id": server_id, "tag": tag} for tag in dict.fromkeys(tags)])


def tags_of(connection: sa.Connection, server_ids: list[str]) -> dict[str, list[str]]:
    """Return the tags of each server, sorted: one query for a list page."""
    found: dict[str, list[str]] = {server_id: [] for server_id in server_ids}
    if not server_ids:
        return found
    query = sa.select(server_tag).where(server_tag.c.server_id.in_(server_ids)).order_by(server_tag.c.tag)
    for row in connection.execute(query):
        found[row.server_id].append(row.tag)
    return found
