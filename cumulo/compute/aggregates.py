"""Aggregates: hosts put together by an administrator, with metadata that flavors can ask for; one may be a zone.

A host is in the zone that one of its aggregates names (the metadata "availability_zone"), or in the configured one. Its
zone never changes while servers are on it: they were placed there for it.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.tables.compute import aggregate, aggregate_host, claim, compute_host
from cumulo.common.ids import Ids

ZONE = "availability_zone"
Row = dict[str, Any]


def list_aggregates(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Return the aggregates that meet the conditions, each with the names of its hosts."""
    rows = connection.execute(sa.select(aggregate).where(*where).order_by(aggregate.c.number)).mappings().all()
    hosts: dict[int, list[str]] = {row["number"]: [] for row in rows}
    for row in connection.execute(sa.select(aggregate_host).order_by(aggregate_host.c.host)):
        hosts.get(row.aggregate_number, []).append(row.host)
    return [{**row, "hosts": hosts[row["number"]]} for row in rows]


def get_aggregate(connection: sa.Connection, text: str, *, lock: bool = False) -> Row:
    """Return the aggregate of this number; raises NotFound. lock holds it, and the order of all changes, until the end."""
    if lock:
        connection.execute(sa.update(aggregate).values(updated_at=aggregate.c.updated_at))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    found = list_aggregates(connection, aggregate.c.number == number)
    if not found:
        raise errors.NotFound(f"Aggregate {text[:64]} could not be found.")
    return found[0]


def create_aggregate(connection: sa.Connection, ids: Ids, now: float, name: str, zone: str | None) -> Row:
    """Insert an aggregate and return it; raises Conflict for a name that is taken."""
    taken = errors.Conflict(f"Aggregate {name} already exists.")
    if connection.execute(sa.select(aggregate.c.number).where(aggregate.c.name == name)).first():
        raise taken
    try:
        connection.execute(sa.insert(aggregate).values(
            id=ids.new_id(), name=name, metadata={} if zone is None else {ZONE: zone}, created_at=now))
    except IntegrityError as failure:
        raise taken from failure
    return list_aggregates(connection, aggregate.c.name == name)[0]


def rename(connection: sa.Connection, now: float, row: Row, name: str) -> None:
    """Give an aggregate a name; raises Conflict for one that is taken."""
    if connection.execute(sa.select(aggregate.c.number).where(
            aggregate.c.name == name, aggregate.c.number != row["number"])).first():
        raise errors.Conflict(f"Aggregate {name} already exists.")
    connection.execute(sa.update(aggregate).where(aggregate.c.number == row["number"]).values(name=name, updated_at=now))


def set_metadata(connection: sa.Connection, now: float, row: Row, changes: Mapping[str, str | None]) -> None:
    """Change metadata, None takes a key away; BadRequest where hosts with servers would come into another zone."""
    after = {key: value for key, value in (row["metadata"] | changes).items() if value is not None}
    if after.get(ZONE) != row["metadata"].get(ZONE):
        for host in row["hosts"]:
            _check_one_zone(connection, host, after.get(ZONE), row["number"])
            if _has_servers(connection, host):
                raise errors.BadRequest(
                    f"Cannot update aggregate {row['number']}: one or more hosts contain instances in this zone.")
    connection.execute(sa.update(aggregate).where(aggregate.c.number == row["number"]).values(
        metadata=after, updated_at=now))


def delete_aggregate(connection: sa.Connection, row: Row) -> None:
    """Delete an aggregate; raises BadRequest while hosts are in it."""
    if row["hosts"]:
        raise errors.BadRequest(f"Cannot remove aggregate {row['number']}: it is not empty.")
    connection.execute(sa.delete(aggregate).where(aggregate.c.number == row["number"]))


def add_host(connection: sa.Connection, now: float, row: Row, host: str) -> None:
    """Put a host into an aggregate; raises NotFound, and Conflict where it is there or would change its zone."""
    if not connection.execute(sa.select(compute_host.c.name).where(compute_host.c.name == host)).first():
        raise errors.NotFound(f"Compute host {host} could not be found.")
    if host in row["hosts"]:
        raise errors.Conflict(f"Aggregate {row['number']} already has host {host}.")
    zone = row["metadata"].get(ZONE)
    if zone is not None:
        _check_one_zone(connection, host, zone, row["number"])
        if zones(connection).get(host) != zone:
            _check_empty(connection, row, host)
    connection.execute(sa.insert(aggregate_host).values(aggregate_number=row["number"], host=host))
    _touch(connection, now, row)


def remove_host(connection: sa.Connection, now: float, row: Row, host: str) -> None:
    """Take a host out; raises NotFound where it is not in it, and Conflict where its servers would lose their zone."""
    if host not in row["hosts"]:
        raise errors.NotFound(f"Aggregate {row['number']} has no host {host}.")
    if row["metadata"].get(ZONE) is not None and not _other_zones(connection, host, row["number"]):
        _check_empty(connection, row, host)
    connection.execute(sa.delete(aggregate_host).where(
        aggregate_host.c.aggregate_number == row["number"], aggregate_host.c.host == host))
    _touch(connection, now, row)


def zones(connection: sa.Connection) -> dict[str, str]:
    """Return the zone of every host that an aggregate puts into one."""
    return {host: found[ZONE][0] for host, found in metadata_of_hosts(connection).items() if ZONE in found}


def zone_names(connection: sa.Connection) -> set[str]:
    """Return the zones that aggregates name, with hosts or without."""
    rows = connection.execute(sa.select(aggregate.c.metadata)).scalars()
    return {metadata[ZONE] for metadata in rows if ZONE in metadata}


def metadata_of_hosts(connection: sa.Connection) -> dict[str, dict[str, list[str]]]:
    """Return what the aggregates of each host say: several may say different things of one key."""
    found: dict[str, dict[str, list[str]]] = {}
    query = sa.select(aggregate_host.c.host, aggregate.c.metadata).join_from(
        aggregate_host, aggregate, aggregate.c.number == aggregate_host.c.aggregate_number).order_by(aggregate.c.number)
    for row in connection.execute(query):
        for key, value in row.metadata.items():
            found.setdefault(row.host, {}).setdefault(key, []).append(value)
    return found


def _other_zones(connection: sa.Connection, host: str, number: int) -> set[str]:
    rows = connection.execute(sa.select(aggregate.c.metadata).join_from(
        aggregate_host, aggregate, aggregate.c.number == aggregate_host.c.aggregate_number).where(
            aggregate_host.c.host == host, aggregate.c.number != number)).scalars()
    return {metadata[ZONE] for metadata in rows if ZONE in metadata}


def _check_one_zone(connection: sa.Connection, host: str, zone: str | None, number: int) -> None:
    others = _other_zones(connection, host, number)
    if zone is not None and others - {zone}:
        raise errors.Conflict(f"Host {host} is already in availability zone {sorted(others)[0]}.")


def _check_empty(connection: sa.Connection, row: Row, host: str) -> None:
    if _has_servers(connection, host):
        raise errors.Conflict(f"Host {host} has servers: its availability zone cannot change by aggregate {row['number']}.")


def _has_servers(connection: sa.Connection, host: str) -> bool:
    # The host's row is what claims are made against: raised, a plan that is being made now is void.
    connection.execute(sa.update(compute_host).where(compute_host.c.name == host).values(
        generation=compute_host.c.generation + 1))
    return connection.execute(sa.select(claim.c.server_id).where(claim.c.host == host).limit(1)).first() is not None


def _touch(connection: sa.Connection, now: float, row: Row) -> None:
    connection.execute(sa.update(aggregate).where(aggregate.c.number == row["number"]).values(updated_at=now))
