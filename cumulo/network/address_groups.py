"""Address groups: named sets of ranges that rules of security groups may speak of.

A change concerns the hosts of the security groups whose rules speak of it: they are rung.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network_security import address_group, address_group_address, security_group_rule
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import revisions

Row = dict[str, Any]


def list_groups(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every address group that meets the conditions, each with its `addresses`."""
    rows = [dict(row) for row in connection.execute(sa.select(address_group).where(*where)).mappings()]
    held: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for each in connection.execute(sa.select(address_group_address).where(
            address_group_address.c.address_group_id.in_(sa.select(address_group.c.id).where(*where)))) if rows else ():
        held[each.address_group_id].append(each.address)
    return [row | {"addresses": sorted(held[row["id"]])} for row in rows]


def get_group(connection: sa.Connection, group_id: str) -> Row:
    """The address group; raises NotFound (AddressGroupNotFound)."""
    found = list_groups(connection, address_group.c.id == group_id)
    if not found:
        raise not_found(group_id)
    return found[0]


def not_found(group_id: str) -> errors.NotFound:
    """The error for an address group that is not there, or not there for the caller."""
    return errors.NotFound(f"Address group {group_id} could not be found.", kind="AddressGroupNotFound")


def ranges(texts: Iterable[str]) -> list[str]:
    """The ranges in their one form, each once; raises BadRequest."""
    found = []
    for text in texts:
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            raise errors.BadRequest(f"'{text[:64]}' is not a range of addresses.", kind="InvalidInput") from None
    return list(dict.fromkeys(found))


def create_group(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Insert an address group; `values` holds name, description and addresses."""
    row = {"name": "", "description": ""} | dict(values)
    wanted = ranges(row.pop("addresses", ()))
    group_id = ids.new_id()
    connection.execute(sa.insert(address_group).values(
        id=group_id, project_id=project_id, shared=False, tags=[], created_at=now, updated_at=now, revision_number=1,
        **row))
    _add(connection, group_id, wanted)
    return get_group(connection, group_id)


def update_group(connection: sa.Connection, now: float, group_id: str, values: Mapping[str, Any]) -> Row:
    """Change name and description."""
    revisions.lock(connection)
    _touch(connection, now, group_id, values)
    return get_group(connection, group_id)


def add_addresses(connection: sa.Connection, now: float, group_id: str, texts: Iterable[str]) -> Row:
    """Add ranges; those that are there already stay."""
    wanted = ranges(texts)
    revisions.advance(connection, group_id)
    held = set(get_group(connection, group_id)["addresses"])
    _add(connection, group_id, [each for each in wanted if each not in held])
    _touch(connection, now, group_id, {})
    return get_group(connection, group_id)


def remove_addresses(connection: sa.Connection, now: float, group_id: str, texts: Iterable[str]) -> Row:
    """Take ranges out; raises NotFound for one that is not there."""
    unwanted = ranges(texts)
    revisions.advance(connection, group_id)
    missing = [each for each in unwanted if each not in get_group(connection, group_id)["addresses"]]
    if missing:
        raise errors.NotFound(f"Addresses {', '.join(missing)} are not in the address group {group_id}.",
                              kind="AddressesNotFound")
    connection.execute(sa.delete(address_group_address).where(
        address_group_address.c.address_group_id == group_id, address_group_address.c.address.in_(unwanted)))
    _touch(connection, now, group_id, {})
    return get_group(connection, group_id)


def delete_group(connection: sa.Connection, group_id: str) -> None:
    """Delete an address group; raises Conflict while a rule speaks of it."""
    revisions.lock(connection)
    get_group(connection, group_id)
    if speaking_of(connection, group_id):
        conflicts.meet("delete an address group", "a rule that speaks of it", errors.Conflict(
            f"Address group {group_id} is in use on one or more security group rules.", kind="AddressGroupInUse"))
    connection.execute(sa.delete(address_group_address).where(address_group_address.c.address_group_id == group_id))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == group_id))
    connection.execute(sa.delete(address_group).where(address_group.c.id == group_id))


def speaking_of(connection: sa.Connection, group_id: str) -> list[str]:
    """The security groups with a rule that speaks of the address group."""
    return list(connection.execute(sa.select(security_group_rule.c.security_group_id).distinct().where(
        security_group_rule.c.remote_address_group_id == group_id)).scalars())


def _add(connection: sa.Connection, group_id: str, texts: list[str]) -> None:
    if texts:
        connection.execute(sa.insert(address_group_address), [
            {"address_group_id": group_id, "address": each} for each in texts])


def _touch(connection: sa.Connection, now: float, group_id: str, values: Mapping[str, Any]) -> None:
    changed = connection.execute(sa.update(address_group).where(address_group.c.id == group_id).values(
        updated_at=now, revision_number=address_group.c.revision_number + 1, **values))
    if not changed.rowcount:
        raise not_found(group_id)
