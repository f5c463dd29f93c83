"""Trunks: ports of servers that carry other ports, told apart by VLAN.

A sub port is held by its trunk as a server's port is by its server: device_owner `trunk:subport`, device_id the trunk. It is bound
wherever its trunk's port is, so far as that host says that it carries trunks; elsewhere it stays DOWN, and so does the
trunk. The state of a trunk is never stored: it is what its ports are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, port
from cumulo.common.db.tables.network_sharing import trunk, trunk_subport
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import ports, revisions, trunk_ports

Row = dict[str, Any]

VLAN, INHERIT = "vlan", "inherit"


def list_trunks(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every trunk that meets the conditions, each with its `sub_ports` and its `status`."""
    rows = [dict(row) for row in connection.execute(sa.select(trunk, port.c.status.label("port_status")).join(
        port, port.c.id == trunk.c.port_id).where(*where)).mappings()]
    held: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    statement = (sa.select(trunk_subport, port.c.status, port.c.mac_address, port.c.network_id)
                 .join(port, port.c.id == trunk_subport.c.port_id)
                 .where(trunk_subport.c.trunk_id.in_(sa.select(trunk.c.id).where(*where)))
                 .order_by(trunk_subport.c.segmentation_id))
    for each in connection.execute(statement).mappings() if rows else ():
        held[each["trunk_id"]].append(dict(each))
    return [row | {"sub_ports": held[row["id"]], "status": status(row["port_status"], held[row["id"]])} for row in rows]


def status(of_port: str, sub_ports: Iterable[Row]) -> str:
    """What a trunk is, by what its ports are: DEGRADED where its own port is up and not all of the others are."""
    others = {each["status"] for each in sub_ports}
    if of_port != "ACTIVE":
        return of_port
    if "BUILD" in others:
        return "BUILD"
    if others <= {"ACTIVE"}:
        return "ACTIVE"
    return "DEGRADED" if "ACTIVE" in others else "DOWN"


def get_trunk(connection: sa.Connection, trunk_id: str) -> Row:
    """The trunk; raises NotFound (TrunkNotFound)."""
    found = list_trunks(connection, trunk.c.id == trunk_id)
    if not found:
        raise not_found(trunk_id)
    return found[0]


def not_found(trunk_id: str) -> errors.NotFound:
    """The error for a trunk that is not there, or not there for the caller."""
    return errors.NotFound(f"Trunk {trunk_id} could not be found.", kind="TrunkNotFound")


def create_trunk(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, port_row: Row,
                 values: Mapping[str, Any]) -> Row:
    """Make a port that is in use nowhere carry others; they are added by `add_subports`."""
    revisions.advance(connection, port_row["network_id"])
    _check_free(connection, port_row)
    if port_row["binding_host_id"] or port_row["hostname"] or port_row["device_owner"].startswith(ports.OWN_EQUIPMENT):
        raise errors.Conflict(f"Port {port_row['id']} is currently in use and is not eligible for use as a parent port.",
                              kind="ParentPortInUse")
    trunk_id = ids.new_id()
    row = {"name": "", "description": "", "admin_state_up": True} | dict(values)
    connection.execute(sa.insert(trunk).values(
        id=trunk_id, project_id=project_id, port_id=port_row["id"], tags=[], created_at=now, updated_at=now,
        revision_number=1, **row))
    return get_trunk(connection, trunk_id)


def update_trunk(connection: sa.Connection, now: float, row: Row, values: Mapping[str, Any]) -> Row:
    """Change what is said of a trunk."""
    revisions.advance(connection, _network_of(connection, row["port_id"]))
    _touch(connection, now, row["id"], values)
    return get_trunk(connection, row["id"])


def delete_trunk(connection: sa.Connection, now: float, row: Row) -> None:
    """Delete a trunk and let its sub ports go; raises Conflict while a server has its port."""
    revisions.lock(connection)
    if ports.get_port(connection, row["port_id"])["binding_host_id"]:
        conflicts.meet("delete a trunk", "the server that has it", errors.Conflict(
            f"Trunk {row['id']} is currently in use.", kind="TrunkInUse"))
    _let_go(connection, now, [each["port_id"] for each in row["sub_ports"]])
    connection.execute(sa.delete(trunk_subport).where(trunk_subport.c.trunk_id == row["id"]))
    connection.execute(sa.delete(trunk).where(trunk.c.id == row["id"]))


def add_subports(connection: sa.Connection, now: float, row: Row, wanted: Sequence[tuple[Mapping[str, Any], Row]]) -> Row:
    """Let a trunk carry more ports, each a wish with the port it names; all or none."""
    revisions.lock(connection)
    _check_enabled(row)
    parent = ports.get_port(connection, row["port_id"])
    taken = {each["segmentation_id"] for each in row["sub_ports"]}
    for wish, port_row in wanted:
        _check_free(connection, port_row)
        if port_row["device_id"] or port_row["device_owner"] or port_row["binding_host_id"]:
            raise errors.Conflict(f"Unable to complete operation on port {port_row['id']} for network "
                                  f"{port_row['network_id']}. Port already has an attached device "
                                  f"{port_row['device_id']}.", kind="PortInUse")
        _check_mtu(connection, parent, port_row)
        kind, number = _segmentation(connection, wish, port_row)
        if number in taken:
            raise errors.Conflict(f"segmentation_type {kind} and segmentation_id {number} already in use on trunk "
                                  f"{row['id']}.", kind="DuplicateSubPort")
        taken.add(number)
        connection.execute(sa.insert(trunk_subport).values(
            port_id=port_row["id"], trunk_id=row["id"], segmentation_type=kind, segmentation_id=number))
        ports.update_port(connection, now, port_row["id"], {
            "device_owner": trunk_ports.SUBPORT, "device_id": row["id"],
            "binding_host_id": trunk_ports.host_for(connection, parent["binding_host_id"])})
    return _changed(connection, now, row)


def remove_subports(connection: sa.Connection, now: float, row: Row, port_ids: Sequence[str]) -> Row:
    """Let a trunk carry these ports no longer; raises NotFound (SubPortNotFound) for one that it does not carry."""
    revisions.lock(connection)
    _check_enabled(row)
    held = {each["port_id"] for each in row["sub_ports"]}
    for port_id in port_ids:
        if port_id not in held:
            raise errors.NotFound(f"SubPort on trunk {row['id']} with parent port {port_id} could not be found.",
                                  kind="SubPortNotFound")
    connection.execute(sa.delete(trunk_subport).where(trunk_subport.c.port_id.in_(list(port_ids))))
    _let_go(connection, now, list(dict.fromkeys(port_ids)))
    return _changed(connection, now, row)


def of_ports(connection: sa.Connection, chosen: Any) -> dict[str, Row]:
    """The trunk of each port that has one; `chosen` as ports.named has it."""
    return {row["port_id"]: row for row in list_trunks(connection, trunk.c.port_id.in_(chosen))}


def in_network(connection: sa.Connection, network_id: str) -> dict[str, Row]:
    """The trunk of each port of a network that has one."""
    return of_ports(connection, sa.select(port.c.id).where(port.c.network_id == network_id))


def _check_free(connection: sa.Connection, port_row: Row) -> None:
    """Raise Conflict for a port that is a trunk's already, as the one that carries or as one that is carried."""
    for column, kind in ((trunk_subport.c.port_id, "TrunkPortInUse"), (trunk.c.port_id, "ParentPortInUse")):
        if connection.execute(sa.select(column).where(column == port_row["id"])).first():
            conflicts.meet("put a port into a trunk", "another trunk", errors.Conflict(
                f"Port {port_row['id']} is in use by another trunk.", kind=kind))


def _check_enabled(row: Row) -> None:
    if not row["admin_state_up"]:
        raise errors.Conflict(f"Trunk {row['id']} is currently disabled.", kind="TrunkDisabled")


def _check_mtu(connection: sa.Connection, parent: Row, port_row: Row) -> None:
    """Frames of the networks that are carried must fit into those of the network that carries them."""
    sizes = {row.id: row.mtu for row in connection.execute(sa.select(network.c.id, network.c.mtu).where(
        network.c.id.in_([parent["network_id"], port_row["network_id"]])))}
    if sizes[port_row["network_id"]] > sizes[parent["network_id"]]:
        raise errors.Conflict(f"MTU {sizes[port_row['network_id']]} of subport {port_row['id']} cannot be greater than MTU "
                              f"{sizes[parent['network_id']]} of trunk port {parent['id']}.",
                              kind="SubPortMtuGreaterThanTrunkPortMtu")


def _segmentation(connection: sa.Connection, wish: Mapping[str, Any], port_row: Row) -> tuple[str, int]:
    """How a sub port is told apart: by the number that was asked for, or by that of its own network."""
    kind, number = wish.get("segmentation_type"), wish.get("segmentation_id")
    if kind == INHERIT:
        row = connection.execute(sa.select(network.c.provider_network_type, network.c.provider_segmentation_id).where(
            network.c.id == port_row["network_id"])).one()
        if row.provider_network_type != VLAN:
            raise _invalid(f"The network of port {port_row['id']} is no VLAN: nothing can be inherited from it.")
        return VLAN, int(row.provider_segmentation_id)
    if kind != VLAN or number is None:
        raise _invalid(f"Sub port {port_row['id']} needs a segmentation_type and a segmentation_id.")
    if not 1 <= int(number) <= 4094:
        raise _invalid(f"Invalid segmentation_id {number}: a VLAN is 1 to 4094.")
    return VLAN, int(number)


def _invalid(message: str) -> errors.BadRequest:
    return errors.BadRequest(f"Invalid input for operation: {message}", kind="InvalidInput")


def _let_go(connection: sa.Connection, now: float, port_ids: Iterable[str]) -> None:
    for port_id in port_ids:
        ports.update_port(connection, now, port_id, {"device_id": "", "device_owner": "", "binding_host_id": ""})


def _changed(connection: sa.Connection, now: float, row: Row) -> Row:
    revisions.note(connection, [_network_of(connection, row["port_id"])])
    _touch(connection, now, row["id"], {})
    return get_trunk(connection, row["id"])


def _network_of(connection: sa.Connection, port_id: str) -> str:
    return str(connection.execute(sa.select(port.c.network_id).where(port.c.id == port_id)).scalar_one())


def _touch(connection: sa.Connection, now: float, trunk_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(sa.update(trunk).where(trunk.c.id == trunk_id).values(
        updated_at=now, revision_number=trunk.c.revision_number + 1, **values))
