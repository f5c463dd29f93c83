"""Address scopes: within one an address means one thing, so its networks are routed to one another as they are.

A subnet is of the scope of the pool that it was cut from; one of no pool is of none, which is a scope like any other. A
network has one scope for each IP version, and so have the networks behind a router: between scopes nothing is routed. A
router whose way out is of the scope of what is behind it translates nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import port, port_address, subnet
from cumulo.common.db.tables.network_pool import address_scope, subnet_pool
from cumulo.common.db.tables.network_router import router
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import addresses, revisions

Row = dict[str, Any]


def list_scopes(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every scope that meets the conditions."""
    return [dict(row) for row in connection.execute(sa.select(address_scope).where(*where)).mappings()]


def get_scope(connection: sa.Connection, scope_id: str) -> Row:
    """The scope; raises NotFound (AddressScopeNotFound)."""
    found = list_scopes(connection, address_scope.c.id == scope_id)
    if not found:
        raise not_found(scope_id)
    return found[0]


def not_found(scope_id: str) -> errors.NotFound:
    """The error for a scope that is not there, or not there for the caller."""
    return errors.NotFound(f"Address scope {scope_id} could not be found.", kind="AddressScopeNotFound")


def create_scope(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Insert a scope; `values` holds name, ip_version and shared."""
    scope_id = ids.new_id()
    connection.execute(sa.insert(address_scope).values(
        {"id": scope_id, "project_id": project_id, "shared": False, "tags": [], "created_at": now, "updated_at": now,
         "revision_number": 1} | dict(values)))
    return get_scope(connection, scope_id)


def update_scope(connection: sa.Connection, now: float, row: Row, values: Mapping[str, Any]) -> Row:
    """Change what is said of a scope; what is shared stays so, as others rely on it."""
    if row["shared"] and values.get("shared") is False:
        raise errors.BadRequest(f"Unable to update address scope {row['id']}: it is shared, and stays so.",
                                kind="AddressScopeUpdateError")
    connection.execute(sa.update(address_scope).where(address_scope.c.id == row["id"]).values(
        updated_at=now, revision_number=address_scope.c.revision_number + 1, **values))
    return get_scope(connection, row["id"])


def delete_scope(connection: sa.Connection, scope_id: str) -> None:
    """Delete a scope; raises Conflict while a subnet pool is in it."""
    revisions.hold(connection)
    if connection.execute(sa.select(subnet_pool.c.id).where(subnet_pool.c.address_scope_id == scope_id).limit(1)).first():
        conflicts.meet("delete an address scope", "a subnet pool of it", errors.Conflict(
            f"Unable to complete operation on address scope {scope_id}. There are one or more subnet pools in use on the "
            "address scope", kind="AddressScopeInUse"))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == scope_id))
    connection.execute(sa.delete(address_scope).where(address_scope.c.id == scope_id))


def check_pool(connection: sa.Connection, scope: Row, pool_id: str, ip_version: int, prefixes: Iterable[str]) -> None:
    """Raise where a pool cannot be in a scope: another IP version, or prefixes that another pool there has."""
    if scope["ip_version"] != ip_version:
        raise errors.BadRequest(f"Illegal subnetpool association: subnetpool {pool_id} cannot associate with address scope "
                                f"{scope['id']} because subnetpool ip_version is not {scope['ip_version']}.",
                                kind="IllegalSubnetPoolIpVersionAssociation")
    wanted = [ipaddress.ip_network(text) for text in prefixes]
    others = connection.execute(sa.select(subnet_pool.c.prefixes).where(
        subnet_pool.c.address_scope_id == scope["id"], subnet_pool.c.id != pool_id)).scalars()
    taken = [ipaddress.ip_network(text) for each in others for text in each]
    if any(one.overlaps(other) for one in wanted for other in taken):  # type: ignore[arg-type]
        conflicts.meet("put a pool into an address scope", "another pool with its prefixes", errors.Conflict(
            f"Failed to associate address scope: subnetpools within an address scope must have unique prefixes: {scope['id']}.",
            kind="AddressScopePrefixConflict"))


def of_subnets(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """The `id`, `network_id`, `ip_version` and `address_scope_id` of subnets."""
    statement = (sa.select(subnet.c.id, subnet.c.network_id, subnet.c.ip_version, subnet_pool.c.address_scope_id)
                 .outerjoin(subnet_pool, subnet_pool.c.id == subnet.c.subnet_pool_id).where(*where))
    return [dict(row) for row in connection.execute(statement).mappings()]


def routers_of(connection: sa.Connection, network_ids: Sequence[str]) -> list[str]:
    """The routers with a door into one of these networks, or a way out through it."""
    doors = sa.select(port.c.device_id).where(port.c.network_id.in_(network_ids),
                                              port.c.device_owner == addresses.ROUTER + "interface")
    ways_out = sa.select(router.c.id).where(router.c.external_network_id.in_(network_ids))
    return sorted({*connection.execute(doors).scalars(), *connection.execute(ways_out).scalars()})


def check_network(connection: sa.Connection, network_id: str) -> None:
    """Raise BadRequest where subnets of a network are of several scopes."""
    if not _is_one_each(of_subnets(connection, subnet.c.network_id == network_id)):
        raise errors.BadRequest("Subnet pools of subnets hosted on the same network must be associated with the same address "
                                f"scope: network {network_id}.", kind="NetworkAddressScopeAffinityError")


def check_router(connection: sa.Connection, router_id: str, new: Sequence[str] = ()) -> None:
    """Raise BadRequest where a router would lead from one scope into another; `new` are subnets it is to reach."""
    behind = sa.select(port_address.c.subnet_id).join(port, port.c.id == port_address.c.port_id).where(
        port.c.device_id == router_id, port.c.device_owner == addresses.ROUTER + "interface")
    if not _is_one_each(of_subnets(connection, sa.or_(subnet.c.id.in_(behind), subnet.c.id.in_(new)))):
        raise errors.BadRequest(f"Bad router request: router {router_id} would lead from one address scope into another.",
                                kind="BadRequest")


def is_translated(inside: Iterable[Row], outside: Iterable[Row]) -> bool:
    """Whether what leaves a router is translated: not within one scope. Both are subnets as of_subnets has them."""
    there = {each["address_scope_id"] for each in outside if each["ip_version"] == 4} - {None}
    return not there & {each["address_scope_id"] for each in inside if each["ip_version"] == 4}


def _is_one_each(subnets: Iterable[Row]) -> bool:
    """Whether those of one IP version are of one scope."""
    found: dict[int, set[str | None]] = {}
    for each in subnets:
        found.setdefault(each["ip_version"], set()).add(each["address_scope_id"])
    return all(len(each) == 1 for each in found.values())
