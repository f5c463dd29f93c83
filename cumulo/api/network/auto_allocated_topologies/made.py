"""Making a project's topology, once: a network with a subnet of each default pool, and a router that leads outside.

All of it is made in one transaction under the order of `revisions`, or nothing; its row makes it one for each project. The
compute API asks for it where a server wants any network and its project has none.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cumulo.api.network.networks import provider
from cumulo.api.services import Services
from cumulo.common import errors
from cumulo.common.db.tables.network import network
from cumulo.common.db.tables.network_router import auto_allocated_topology
from cumulo.network import networks, quotas, revisions, routers, subnet_pools, subnets

NETWORK, ROUTER, SUBNET = "auto_allocated_network", "auto_allocated_router", "auto_allocated_subnet_v"


def found(connection: sa.Connection, project_id: str) -> dict[str, Any] | None:
    """The row of a project's topology; None where there is none."""
    row = connection.execute(sa.select(auto_allocated_topology).where(
        auto_allocated_topology.c.project_id == project_id)).mappings().first()
    return None if row is None else dict(row)


def check(connection: sa.Connection) -> str:
    """The id of the network that topologies lead to; raises Conflict where the cloud lacks what they are made of."""
    outside = connection.execute(sa.select(network.c.id).where(
        network.c.external.is_(sa.true()), network.c.is_default.is_(sa.true())).order_by(network.c.id)).scalars().first()
    if outside is None:
        raise _unmet("No default router:external network.")
    if not any(subnet_pools.default_pool_id(connection, version) for version in (4, 6)):
        raise _unmet("No default subnetpools defined.")
    return str(outside)


def ensure(services: Services, connection: sa.Connection, now: float, project_id: str) -> str:
    """The id of the network of a project's topology, made now where there is none."""
    revisions.hold(connection)
    row = found(connection, project_id)
    return str(row["network_id"]) if row else _make(services, connection, now, project_id)


def delete(connection: sa.Connection, now: float, project_id: str) -> None:
    """Delete a project's topology; raises Conflict while anything else uses it."""
    revisions.hold(connection)
    row = found(connection, project_id)
    if row is None:
        return
    connection.execute(sa.delete(auto_allocated_topology).where(auto_allocated_topology.c.project_id == project_id))
    router = routers.get_router(connection, row["router_id"])
    for door in routers.interfaces(connection, row["router_id"]):
        routers.remove_interface(connection, now, router, port_id=door["id"], subnet_id=None)
    routers.delete_router(connection, now, row["router_id"])
    networks.delete_network(connection, row["network_id"])


def _make(services: Services, connection: sa.Connection, now: float, project_id: str) -> str:
    conf, ids, outside = services.conf.network, services.ids, check(connection)
    services.tokens.hold(connection, project_id)
    for resource in ("network", "subnet", "router"):
        quotas.reserve(connection, services.conf, project_id, resource)
    values: dict[str, Any] = {"name": NETWORK}
    values["provider_network_type"] = provider.network_type(conf, connection, values)
    made = networks.create_network(
        connection, ids, now, project_id=project_id, values=values, spans=provider.spans(conf),
        default_mtu=provider.largest_mtu(conf, values["provider_network_type"]))
    router = routers.create_router(connection, ids, now, project_id=project_id,
                                   values={"name": ROUTER, "distributed": conf.distributed_routers})
    router = routers.set_gateway(connection, ids, now, router["id"], network_id=outside, enable_snat=None, wanted=None)
    for version in (4, 6):
        pool_id = subnet_pools.default_pool_id(connection, version)
        if pool_id is not None:
            pool = subnet_pools.get_pool(connection, pool_id)
            cut = subnet_pools.cut(connection, pool, project_id, cidr=None, prefix_length=None)
            within = subnets.create_subnet(connection, ids, now, project_id=project_id, network_id=made["id"], values={
                "name": f"{SUBNET}{version}", "cidr": cut, "ip_version": version, "subnet_pool_id": pool_id})
            routers.add_subnet(connection, ids, now, router, within)
    connection.execute(sa.insert(auto_allocated_topology).values(
        project_id=project_id, network_id=made["id"], router_id=router["id"]))
    return str(made["id"])


def _unmet(reason: str) -> errors.Conflict:
    return errors.Conflict(f"Deployment error: unable to allocate a topology due to missing or unmet requirements. Reason: "
                           f"{reason}", kind="AutoAllocationFailure")
