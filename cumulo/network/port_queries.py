"""What the compute API shows of servers' ports: one query for a whole page of servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network, port, port_address, subnet
from cumulo.common.db.tables.network_router import floating_ip
from cumulo.common.db.tables.network_security import port_security_group, security_group
from cumulo.network.ports import is_of_a_server


def addresses_of_devices(connection: sa.Connection, device_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The addresses of each device in the order of its ports, floating ones after those they stand for.

    Each has network_name, ip_address, ip_version, mac_address, port_id and type, which is fixed or floating.
    """
    found: dict[str, list[dict[str, Any]]] = {device_id: [] for device_id in device_ids}
    if not device_ids:
        return found
    query = (
        sa.select(port.c.device_id, port.c.id.label("port_id"), port.c.mac_address, port_address.c.ip_address,
                  subnet.c.ip_version, network.c.name.label("network_name"))
        .join_from(port, port_address, port_address.c.port_id == port.c.id)
        .join(subnet, subnet.c.id == port_address.c.subnet_id).join(network, network.c.id == port.c.network_id)
        .where(port.c.device_id.in_(device_ids), is_of_a_server())
        .order_by(port.c.created_at, port.c.id, port_address.c.position))
    floating = _floating(connection, device_ids)
    for row in connection.execute(query).mappings():
        fixed = dict(row) | {"type": "fixed"}
        found[row["device_id"]] += [fixed, *(
            fixed | {"ip_address": address, "type": "floating"}
            for address in floating.get((row["port_id"], row["ip_address"]), ()))]
    return found


def _floating(connection: sa.Connection, device_ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """The floating addresses that stand for each address of the devices' ports."""
    found: dict[tuple[str, str], list[str]] = {}
    query = (sa.select(floating_ip.c.port_id, floating_ip.c.fixed_ip_address, floating_ip.c.floating_ip_address)
             .join(port, port.c.id == floating_ip.c.port_id).where(port.c.device_id.in_(device_ids))
             .order_by(floating_ip.c.floating_ip_address))
    for port_id, fixed, address in connection.execute(query):
        found.setdefault((port_id, fixed), []).append(address)
    return found


def groups_of_devices(connection: sa.Connection, device_ids: Sequence[str]) -> dict[str, list[str]]:
    """The names of the security groups that the ports of each device are in, sorted, each once."""
    found: dict[str, list[str]] = {device_id: [] for device_id in device_ids}
    if not device_ids:
        return found
    query = (
        sa.select(port.c.device_id, security_group.c.name).distinct()
        .join_from(port, port_security_group, port_security_group.c.port_id == port.c.id)
        .join(security_group, security_group.c.id == port_security_group.c.security_group_id)
        .where(port.c.device_id.in_(device_ids), is_of_a_server())
        .order_by(security_group.c.name))
    for row in connection.execute(query):
        found[row.device_id].append(row.name)
    return found


def device_addresses(connection: sa.Connection, project_id: str | None, ip_version: int) -> list[tuple[str, str]]:
    """The device and address of every port of servers, of one project or of all (None)."""
    query = (
        sa.select(port.c.device_id, port_address.c.ip_address)
        .join_from(port, port_address, port_address.c.port_id == port.c.id)
        .join(subnet, subnet.c.id == port_address.c.subnet_id)
        .where(is_of_a_server(), subnet.c.ip_version == ip_version))
    if project_id is not None:
        query = query.where(port.c.project_id == project_id)
    return [(row[0], row[1]) for row in connection.execute(query)]
