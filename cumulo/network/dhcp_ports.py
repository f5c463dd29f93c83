"""The port that holds a network's DHCP server: one per network, an address in each subnet that wants DHCP.

It is made with the first such subnet and deleted with the last. Where a subnet has no address
left for it, that subnet goes without DHCP: the user's own pool decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network, port, port_address
from cumulo.common.ids import Ids
from cumulo.network import addresses, networks
from cumulo.network.networks import DHCP_OWNER

Row = dict[str, Any]


def settle(connection: sa.Connection, ids: Ids, now: float, network_id: str, *, others: Sequence[Row] | None = None,
           made: Row | None = None, owner: str | None = None) -> None:
    """Make the DHCP port fit the network's subnets; runs under the lock of `revisions`.

    What is not given is read: the subnets, `made` being one that has just been made and has no address yet, and the
    project that the network is of.
    """
    there = networks.subnets_of(connection, [network_id]) if others is None else [*others, *([made] if made else ())]
    wanted = {row["id"]: row for row in there
              if row["enable_dhcp"] and (row["ip_version"] == 4 or row["ipv6_address_mode"] == "dhcpv6-stateful")}
    port_id = connection.execute(sa.select(port.c.id).where(
        port.c.network_id == network_id, port.c.device_owner == DHCP_OWNER)).scalar()
    if port_id is None and not wanted:
        return
    held = {} if port_id is None else {
        each["subnet_id"]: each["ip_address"] for each in addresses.of_ports(connection, [port_id], [port_id])[port_id]}
    port_id = port_id or _insert(connection, ids, now, network_id, owner)
    for subnet_id in held.keys() - wanted.keys():
        connection.execute(sa.delete(port_address).where(
            port_address.c.port_id == port_id, port_address.c.subnet_id == subnet_id))
    fresh = made["id"] if made else ""
    taken = [_take(connection, port_id, wanted[subnet_id], is_fresh=subnet_id == fresh) for subnet_id in sorted(wanted.keys() - held.keys())]
    if not any(taken) and not held.keys() & wanted.keys():
        connection.execute(sa.delete(port).where(port.c.id == port_id))


def _take(connection: sa.Connection, port_id: str, subnet: Row, *, is_fresh: bool) -> bool:
    """Take the lowest free address of a subnet; say whether there was one."""
    used = set() if is_fresh else addresses.used_addresses(connection, subnet["id"])
    address = addresses.first_free(subnet["allocation_pools"], used)
    if address is not None:
        connection.execute(sa.insert(port_address).values(
            subnet_id=subnet["id"], ip_address=address, port_id=port_id, position=0))
    return address is not None


def _insert(connection: sa.Connection, ids: Ids, now: float, network_id: str, owner: str | None) -> str:
    project_id = owner if owner is not None else connection.execute(sa.select(network.c.project_id).where(network.c.id == network_id)).scalar_one()
    mac_address = ids.mac_address()
    while connection.execute(sa.select(port.c.id).where(
            port.c.network_id == network_id, port.c.mac_address == mac_address)).first():
        mac_address = ids.mac_address()
    port_id = ids.new_id()
    connection.execute(sa.insert(port).values(
        id=port_id, network_id=network_id, project_id=project_id, name="", description="", admin_state_up=True,
        status="ACTIVE", mac_address=mac_address, device_id=f"dhcp-{network_id}", device_owner=DHCP_OWNER,
        hostname="", binding_host_id="", binding_vnic_type="normal", binding_profile={}, bound_revision=0,
        port_security_enabled=False, created_at=now, updated_at=now, revision_number=1))
    return port_id
