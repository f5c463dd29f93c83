"""Further hosts that a port may move to, beside the one that it is on, which stands in the port itself.

A host that a port may move to has the port's networks already, so that its card finds them there. Activating changes the two:
the host that the port was on is one that it may move back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network_sharing import port_binding
from cumulo.common.flows import conflicts
from cumulo.network import ports, revisions

Row = dict[str, Any]
_COMPUTE = "compute:"


def of_port(connection: sa.Connection, port_row: Row) -> list[Row]:
    """Every binding of a port, the active one first."""
    active = [_active(port_row)] if port_row["binding_host_id"] else []
    rows = connection.execute(sa.select(port_binding).where(port_binding.c.port_id == port_row["id"]).order_by(
        port_binding.c.host)).mappings()
    return active + [{"host": row["host"], "vnic_type": row["vnic_type"], "profile": row["profile"], "status": "INACTIVE"}
                     for row in rows]


def get_binding(connection: sa.Connection, port_row: Row, host: str) -> Row:
    """The binding of a port to a host; raises NotFound (PortBindingNotFound)."""
    found = next((each for each in of_port(connection, port_row) if each["host"] == host), None)
    if found is None:
        raise errors.NotFound(f"Binding for port {port_row['id']} on host {host} could not be found.",
                              kind="PortBindingNotFound")
    return found


def create_binding(connection: sa.Connection, now: float, port_row: Row, values: Mapping[str, Any]) -> Row:
    """Let a port of a server move to a host; raises Conflict where it is there, or may move there already."""
    revisions.advance(connection, port_row["network_id"])
    if not port_row["device_owner"].startswith(_COMPUTE):
        raise errors.BadRequest(f"Invalid input for operation: Port {port_row['id']} is of no server.", kind="InvalidInput")
    host = str(values["host"])
    if any(each["host"] == host for each in of_port(connection, port_row)):
        conflicts.meet("let a port move to a host", "the same host", errors.Conflict(
            f"Binding for port {port_row['id']} on host {host} already exists.", kind="PortBindingAlreadyExists"))
    connection.execute(sa.insert(port_binding).values(
        port_id=port_row["id"], host=host, vnic_type=values.get("vnic_type", "normal"),
        profile=values.get("profile") or {}, created_at=now))
    return get_binding(connection, port_row, host)


def update_binding(connection: sa.Connection, now: float, port_row: Row, host: str, values: Mapping[str, Any]) -> Row:
    """Change what is said of a binding."""
    revisions.advance(connection, port_row["network_id"])
    held = get_binding(connection, port_row, host)
    if held["status"] == "ACTIVE":
        port_row = ports.update_port(connection, now, port_row["id"], {f"binding_{name}": value for name, value in values.items()})
    elif values:
        connection.execute(sa.update(port_binding).where(
            port_binding.c.port_id == port_row["id"], port_binding.c.host == host).values(dict(values)))
    return get_binding(connection, port_row, host)


def activate(connection: sa.Connection, now: float, port_row: Row, host: str) -> Row:
    """Move the port: the host becomes the one that it is on. A server's port follows the server, never this."""
    revisions.advance(connection, port_row["network_id"])
    wanted = get_binding(connection, port_row, host)
    if wanted["status"] == "ACTIVE":
        raise errors.Conflict(f"Binding for port {port_row['id']} on host {host} is already active.",
                              kind="PortBindingAlreadyActive")
    if ports.was_made_with_server(port_row):
        conflicts.meet("change a port's device", "the server it was made with", errors.Conflict(
            f"Unable to complete operation on port {port_row['id']}: it follows server {port_row['device_id']}.",
            kind="PortInUse"))
    _remove(connection, port_row["id"], host)
    if port_row["binding_host_id"]:
        before = _active(port_row)
        connection.execute(sa.insert(port_binding).values(
            port_id=port_row["id"], host=before["host"], vnic_type=before["vnic_type"], profile=before["profile"], created_at=now))
    moved = ports.update_port(connection, now, port_row["id"], {
        "binding_host_id": host, "binding_vnic_type": wanted["vnic_type"], "binding_profile": wanted["profile"]})
    return get_binding(connection, moved, host)


def delete_binding(connection: sa.Connection, now: float, port_row: Row, host: str) -> None:
    """Let the port move there no longer; where it is there, it is bound nowhere afterwards."""
    revisions.advance(connection, port_row["network_id"])
    if get_binding(connection, port_row, host)["status"] == "INACTIVE":
        _remove(connection, port_row["id"], host)
        return
    if ports.was_made_with_server(port_row):
        conflicts.meet("change a port's device", "the server it was made with", errors.Conflict(
            f"Unable to complete operation on port {port_row['id']}: it follows server {port_row['device_id']}.",
            kind="PortInUse"))
    ports.update_port(connection, now, port_row["id"], {"binding_host_id": ""})


def _active(port_row: Row) -> Row:
    return {"host": port_row["binding_host_id"], "vnic_type": port_row["binding_vnic_type"],
            "profile": port_row["binding_profile"], "status": "ACTIVE", "mechanism": port_row["binding_mechanism"]}


def _remove(connection: sa.Connection, port_id: str, host: str) -> None:
    connection.execute(sa.delete(port_binding).where(port_binding.c.port_id == port_id, port_binding.c.host == host))
