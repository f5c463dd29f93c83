"""Subnet pools: prefixes that subnets are cut from, so that no two of them overlap."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import subnet
from cumulo.common.db.tables.network_pool import subnet_pool
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import address_scopes, revisions
from cumulo.network.ranges import Network, invalid

Row = dict[str, Any]

_SHORTEST = {4: 8, 6: 64}
_LONGEST = {4: 32, 6: 128}
DEFAULTS: Row = {"name": "", "description": "", "shared": False, "default_quota": None, "address_scope_id": None,
                 "tags": []}


def list_pools(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every pool that meets the conditions."""
    return [dict(row) for row in connection.execute(sa.select(subnet_pool).where(*where)).mappings()]


def get_pool(connection: sa.Connection, pool_id: str) -> Row:
    """The pool; raises NotFound (SubnetPoolNotFound)."""
    found = list_pools(connection, subnet_pool.c.id == pool_id)
    if not found:
        raise not_found(pool_id)
    return found[0]


def not_found(pool_id: str) -> errors.NotFound:
    """The error for a pool that is not there, or not there for the caller."""
    return errors.NotFound(f"Subnet pool {pool_id} could not be found.", kind="SubnetPoolNotFound")


def default_pool_id(connection: sa.Connection, ip_version: int) -> str | None:
    """The pool that subnets of this version are cut from where none is named."""
    return connection.execute(sa.select(subnet_pool.c.id).where(subnet_pool.c.default_for == ip_version)).scalar()


def create_pool(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Insert a pool; `values` holds prefixes, `is_default` and what differs from DEFAULTS and the usual lengths."""
    revisions.lock(connection)
    row = DEFAULTS | dict(values)
    prefixes = _prefixes(row["prefixes"])
    version = prefixes[0].version
    row |= {"prefixes": [str(each) for each in prefixes], "ip_version": version} | _lengths(row, version)
    row["default_for"] = version if row.pop("is_default", False) else None
    _check_default(connection, row["default_for"])
    pool_id = ids.new_id()
    _check_scope(connection, pool_id, row)
    connection.execute(sa.insert(subnet_pool).values(
        id=pool_id, project_id=project_id, created_at=now, updated_at=now, revision_number=1, **row))
    return get_pool(connection, pool_id)


def update_pool(connection: sa.Connection, now: float, pool_id: str, values: Mapping[str, Any]) -> Row:
    """Change a pool; prefixes may be added, never taken away: subnets may be cut from them."""
    revisions.lock(connection)
    before, changed = get_pool(connection, pool_id), dict(values)
    if "prefixes" in changed:
        after = _prefixes(changed["prefixes"])
        gone = [text for text in before["prefixes"] if not _is_within(ipaddress.ip_network(text), after)]
        if gone or after[0].version != before["ip_version"]:
            raise errors.BadRequest(f"Illegal update to prefixes: existing prefixes {', '.join(gone) or 'of another IP version'} "
                                    "must stay.", kind="IllegalSubnetPoolPrefixUpdate")
        changed["prefixes"] = [str(each) for each in after]
    changed |= _lengths(before | changed, before["ip_version"])
    if "is_default" in changed:
        is_default = changed.pop("is_default")
        changed["default_for"] = before["ip_version"] if is_default else None
        if is_default and before["default_for"] is None:
            _check_default(connection, before["ip_version"])
    if "prefixes" in changed or "address_scope_id" in changed:
        _check_scope(connection, pool_id, before | changed)
    connection.execute(sa.update(subnet_pool).where(subnet_pool.c.id == pool_id).values(
        updated_at=now, revision_number=subnet_pool.c.revision_number + 1, **changed))
    if changed.get("address_scope_id", before["address_scope_id"]) != before["address_scope_id"]:
        _move_subnets(connection, pool_id)
    return get_pool(connection, pool_id)


def delete_pool(connection: sa.Connection, pool_id: str) -> None:
    """Delete a pool; raises Conflict while a subnet is cut from it."""
    revisions.lock(connection)
    get_pool(connection, pool_id)
    if connection.execute(sa.select(subnet.c.id).where(subnet.c.subnet_pool_id == pool_id).limit(1)).first():
        conflicts.meet("delete a subnet pool", "a subnet of it", errors.Conflict(
            f"Unable to delete subnet pool: Subnet pool {pool_id} has existing allocations.",
            kind="SubnetPoolDeleteError"))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == pool_id))
    connection.execute(sa.delete(subnet_pool).where(subnet_pool.c.id == pool_id))


def cut(connection: sa.Connection, pool: Row, project_id: str, *, cidr: str | None, prefix_length: int | None) -> str:
    """The range of a new subnet: the one asked for, or the first free one of that length.

    Runs under the lock of `revisions`. Raises BadRequest for a length out of bounds, Conflict where nothing is free.
    """
    wanted = None if cidr is None else _asked_range(cidr)
    length = wanted.prefixlen if wanted is not None else prefix_length or pool["default_prefixlen"]
    if not pool["min_prefixlen"] <= length <= pool["max_prefixlen"]:
        raise errors.BadRequest(
            f"Unable to allocate subnet with prefix length {length}: of this pool it is {pool['min_prefixlen']} to "
            f"{pool['max_prefixlen']}.", kind="MinPrefixSubnetAllocationError" if length < pool["min_prefixlen"]
            else "MaxPrefixSubnetAllocationError")
    rows = connection.execute(sa.select(subnet.c.cidr, subnet.c.project_id).where(
        subnet.c.subnet_pool_id == pool["id"])).all()
    _check_quota(pool, length, [row.cidr for row in rows if row.project_id == project_id])
    taken = [ipaddress.ip_network(row.cidr) for row in rows]
    prefixes = [ipaddress.ip_network(text) for text in pool["prefixes"]]
    found = _first_free(prefixes, taken, length) if wanted is None else wanted
    if found is None or not _is_within(found, prefixes) or any(found.overlaps(each) for each in taken):
        raise errors.Conflict("Failed to allocate subnet: the subnet pool has no such prefix left.",
                              kind="SubnetAllocationError")
    return str(found)


def _asked_range(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise invalid(f"'{text[:64]}' is not a valid IP subnet.") from None


def _first_free(prefixes: Sequence[Network], taken: Sequence[Network], length: int) -> Network | None:
    """The lowest range of this length that overlaps nothing: what is taken is stepped over, never counted through."""
    for prefix in prefixes:
        if length < prefix.prefixlen:
            continue
        size = 1 << (prefix.max_prefixlen - length)
        inside = sorted((each for each in taken if each.version == prefix.version and prefix.overlaps(each)),
                        key=lambda each: int(each.network_address))
        at = int(prefix.network_address)
        for each in inside:
            if at + size <= int(each.network_address):
                break
            at = max(at, -(-(int(each.broadcast_address) + 1) // size) * size)
        if at + size - 1 <= int(prefix.broadcast_address):
            return ipaddress.ip_network((at, length) if prefix.version == 4 else (ipaddress.IPv6Address(at), length))
    return None


def _check_scope(connection: sa.Connection, pool_id: str, row: Row) -> None:
    if row["address_scope_id"] is None:
        return
    scope = address_scopes.get_scope(connection, row["address_scope_id"])
    if row["shared"] and not scope["shared"]:
        raise errors.BadRequest(f"Illegal subnetpool association: subnetpool {pool_id} is shared, and address scope "
                                f"{scope['id']} is not.", kind="IllegalSubnetPoolAssociationToAddressScope")
    address_scopes.check_pool(connection, scope, pool_id, row["ip_version"], row["prefixes"])


def _move_subnets(connection: sa.Connection, pool_id: str) -> None:
    """Check and tell what changes with a pool's scope: its subnets' networks, and the routers that lead to them."""
    network_ids = sorted(set(connection.execute(sa.select(subnet.c.network_id).where(
        subnet.c.subnet_pool_id == pool_id)).scalars()))
    for network_id in network_ids:
        address_scopes.check_network(connection, network_id)
    behind = address_scopes.routers_of(connection, network_ids)
    for router_id in behind:
        address_scopes.check_router(connection, router_id)
    revisions.note(connection, behind)


def _check_quota(pool: Row, length: int, own: Sequence[str]) -> None:
    if pool["default_quota"] is None:
        return
    unit = 32 if pool["ip_version"] == 4 else 64
    weight = sum(2.0 ** (unit - ipaddress.ip_network(cidr).prefixlen) for cidr in own) + 2.0 ** (unit - length)
    if weight > pool["default_quota"]:
        raise errors.Conflict("Per-tenant subnet pool prefix quota exceeded.", kind="SubnetPoolQuotaExceeded")


def _is_within(wanted: Network, prefixes: Sequence[Network]) -> bool:
    return any(each.version == wanted.version and wanted.subnet_of(each) for each in prefixes)  # type: ignore[arg-type]


def _prefixes(asked: Sequence[str]) -> list[Network]:
    """The prefixes, joined where they touch; raises BadRequest where they are none or of two versions."""
    found = [_asked_range(text) for text in asked]
    if not found:
        raise errors.BadRequest("Empty subnet pool prefix list.", kind="EmptySubnetPoolPrefixList")
    if len({each.version for each in found}) > 1:
        raise errors.BadRequest("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", kind="PrefixVersionMismatch")
    return list(ipaddress.collapse_addresses(found))  # type: ignore[type-var]


def _lengths(row: Row, version: int) -> Row:
    shortest = row.get("min_prefixlen") or _SHORTEST[version]
    longest = row.get("max_prefixlen") or _LONGEST[version]
    usual = row.get("default_prefixlen") or shortest
    if not shortest <= usual <= longest <= _LONGEST[version]:
        raise errors.BadRequest(
            f"Illegal prefix bounds: min_prefixlen={shortest}, default_prefixlen={usual}, max_prefixlen={longest}.",
            kind="IllegalSubnetPoolPrefixBounds")
    return {"min_prefixlen": shortest, "default_prefixlen": usual, "max_prefixlen": longest}


def _check_default(connection: sa.Connection, version: int | None) -> None:
    if version is not None and default_pool_id(connection, version) is not None:
        raise invalid(f"A default subnetpool for this IP family has already been set. Only one default may exist per IP "
                      f"family (here IPv{version})")
