"""What network hosts said of themselves when they registered: where their tunnels end, what they are wired to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.network import network_host, port
from cumulo.network import revisions


def register(connection: sa.Connection, now: float, host: str, inventory: Mapping[str, Any]) -> None:
    """Write down what a host said. When its tunnels end elsewhere, the networks of its ports have changed."""
    values = {"tunnel_address": str(inventory.get("tunnel_address", "")), "wired": list(inventory.get("wired", ())),
              "types": list(inventory.get("types", ())), "mechanism": str(inventory.get("mechanism", "linuxbridge")),
              "offers": dict(inventory.get("offers", {}))}
    statement = sa.select(network_host.c.tunnel_address).where(network_host.c.host == host)
    before = connection.execute(statement).scalar()
    if before != values["tunnel_address"]:
        for network_id in sorted(_networks_of(connection, host)):
            revisions.advance(connection, network_id)
    if before is None:
        connection.execute(sa.insert(network_host).values(host=host, applied_revision=0, updated_at=now, **values))
    else:
        connection.execute(sa.update(network_host).where(network_host.c.host == host).values(values))


def tunnel_addresses(connection: sa.Connection) -> dict[str, str]:
    """Where the tunnels of each host end."""
    statement = sa.select(network_host.c.host, network_host.c.tunnel_address).where(network_host.c.tunnel_address != "")
    return {host: address for host, address in connection.execute(statement)}


def all_carry(connection: sa.Connection, network_type: str) -> bool:
    """Whether every host that has said anything of itself can carry networks of this type."""
    said = connection.execute(sa.select(network_host.c.types)).scalars().all()
    return all(network_type in each for each in said if each)


def carried(connection: sa.Connection) -> set[str]:
    """What any host says that it can carry."""
    said = connection.execute(sa.select(network_host.c.types)).scalars().all()
    return {each for types in said for each in types or ()}


def wired(connection: sa.Connection, host: str) -> set[str]:
    """The physical networks that a host is wired to."""
    said = connection.execute(sa.select(network_host.c.wired).where(network_host.c.host == host)).scalar()
    return set(said or ())


def all_wired(connection: sa.Connection) -> dict[str, frozenset[str]]:
    """The same of every host."""
    return {host: frozenset(said or ()) for host, said in connection.execute(
        sa.select(network_host.c.host, network_host.c.wired).order_by(network_host.c.host))}


def reaching(connection: sa.Connection, physical: str | None) -> list[Mapping[str, Any]]:
    """The hosts that are wired to a physical network; where none is, every host is its own way there."""
    rows = connection.execute(sa.select(network_host).order_by(network_host.c.host)).mappings().all()
    return [row for row in rows if physical in (row["wired"] or ())] or list(rows)


def able(connection: sa.Connection, of_network: Mapping[str, Any]) -> list[str]:
    """The hosts that can have a network, and may get something new."""
    kind = of_network["provider_network_type"]
    return [row["host"] for row in reaching(connection, of_network["provider_physical_network"])
            if row["admin_state_up"] and (kind in ("local", "flat") or kind in (row["types"] or (kind,)))]


def _networks_of(connection: sa.Connection, host: str) -> set[str]:
    return set(connection.execute(sa.select(port.c.network_id).where(
        sa.or_(port.c.binding_host_id == host, port.c.next_host_id == host))).scalars())
