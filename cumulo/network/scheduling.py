"""What an administrator says of hosts: which serve a network although nothing of it is there, and which is a router's gateway.

A host has the networks that its ports need, with their DHCP, and nobody says so. Placed on a host besides, a network is
there too. A router's gateway is where the scheduler put it, until an administrator puts it elsewhere; from where he takes it,
it is kept away until he puts it there again, and where no other host is left the router has no way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, network_host, network_placement, port
from cumulo.common.db.tables.network_router import router
from cumulo.common.flows import conflicts
from cumulo.network import desired, gateways, hosts, needs, revisions
from cumulo.network.networks import DHCP_OWNER

Row = Mapping[str, Any]


def networks_of(connection: sa.Connection, host: str) -> list[str]:
    """The networks whose DHCP a host serves, those placed there that have no subnet yet, and those that wait for anybody."""
    placed = set(connection.execute(sa.select(network_placement.c.network_id).where(network_placement.c.host == host)).scalars())
    served = _served(connection)
    waiting = served - {each for row in hosts.reaching(connection, None) for each in needs.of_host(connection, row["host"]).networks}
    rows = connection.execute(sa.select(network).where(network.c.id.in_(waiting))).mappings() if waiting else ()
    mine = {row["id"] for row in rows if host in hosts.able(connection, row)}
    return sorted(needs.of_host(connection, host).networks & (served | placed) | mine)


def hosts_of_network(connection: sa.Connection, row: Row) -> list[str]:
    """The hosts that serve a network's DHCP; of one that is nowhere yet all that can, as they will where its first port is."""
    network_id = row["id"]
    if there := desired.hosts_of_network(connection, network_id):
        return [host for host in there if network_id in networks_of(connection, host)]
    return hosts.able(connection, row) if network_id in _served(connection) else []


def _served(connection: sa.Connection) -> set[str]:
    """The networks that have DHCP."""
    return set(connection.execute(sa.select(port.c.network_id).where(port.c.device_owner == DHCP_OWNER)).scalars())


def place(connection: sa.Connection, row: Row, host: str) -> None:
    """Let a host have a network although nothing of it is there; raises Conflict where it has it, or is to get nothing."""
    network_id = row["id"]
    revisions.advance(connection, network_id)
    if connection.execute(sa.select(network_host.c.admin_state_up).where(network_host.c.host == host)).scalar() is False:
        raise errors.Conflict(f"The DHCP agent on {host} is administratively down.", kind="InvalidDHCPAgent")
    if network_id in needs.of_host(connection, host).networks:
        conflicts.meet("place a network on a host", "the same host", errors.Conflict(
            f"The network {network_id} has been already hosted by the DHCP Agent on {host}.",
            kind="NetworkHostedByDHCPAgent"))
    connection.execute(sa.insert(network_placement).values(network_id=network_id, host=host))


def take_away(connection: sa.Connection, row: Row, host: str) -> None:
    """Take that back; raises Conflict where ports keep the network there, or it is not there."""
    network_id = row["id"]
    revisions.advance(connection, network_id)
    gone = connection.execute(sa.delete(network_placement).where(
        network_placement.c.network_id == network_id, network_placement.c.host == host)).rowcount
    if not gone:
        raise errors.Conflict(f"The network {network_id} is not placed on {host}: what has it there are its ports.",
                              kind="NetworkNotHostedByDhcpAgent")


def routers_of(connection: sa.Connection, host: str) -> list[str]:
    """The routers whose gateway a host is, or stands by for."""
    return sorted(connection.execute(sa.select(router.c.id).where(
        router.c.external_network_id.is_not(None),
        sa.or_(router.c.gateway_host == host, router.c.standby_host == host))).scalars())


def move_gateway(connection: sa.Connection, row: Row, host: str) -> None:
    """Make a host the gateway of a router; the one that was it stands by."""
    revisions.advance(connection, row["id"])
    if row["external_network_id"] is None:
        raise errors.Conflict(f"Router {row['id']} has no way out: it is on every host that needs it.",
                              kind="RouterNotHosted")
    if row["gateway_host"] == host:
        raise errors.Conflict(f"The router {row['id']} has been already hosted by the L3 Agent on {host}.",
                              kind="RouterHostedByL3Agent")
    if not gateways.reaches(connection, row["external_network_id"], host):
        raise errors.Conflict(f"The host {host} does not reach the external network of router {row['id']}.",
                              kind="InvalidL3Agent")
    connection.execute(sa.update(router).where(router.c.id == row["id"]).values(
        gateway_host=host, standby_host=row["gateway_host"] if row["ha"] else "",
        refused_hosts=[each for each in row["refused_hosts"] or () if each != host]))


def leave_gateway(connection: sa.Connection, row: Row, host: str) -> None:
    """Take a router's gateway from a host, and keep it away: another is it, or none; raises Conflict where it is not there."""
    revisions.advance(connection, row["id"])
    if host not in (row["gateway_host"], row["standby_host"]):
        raise errors.Conflict(f"The router {row['id']} is not hosted by the L3 agent on {host}.",
                              kind="RouterNotHostedByL3Agent")
    refusing = {**row, "refused_hosts": sorted({*(row["refused_hosts"] or ()), host})}
    connection.execute(sa.update(router).where(router.c.id == row["id"]).values(
        refused_hosts=refusing["refused_hosts"], **gateways.places(connection, refusing, host)))


def set_state(connection: sa.Connection, host: str, admin_state_up: bool) -> None:
    """Say whether gateways and networks may be put on a host; those that are there stay."""
    connection.execute(sa.update(network_host).where(network_host.c.host == host).values(admin_state_up=admin_state_up))
