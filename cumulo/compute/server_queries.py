"""Lists of servers: filters, order and pages, as one query over the columns a page shows.

A filter names what it tests; the handler decides which of them the caller may use. `None` in an
id filter's place means no restriction, an empty collection means that nothing can match.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cumulo.common import errors, patterns
from cumulo.common.db.contains import contains
from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.compute import server, server_tag
from cumulo.common.db.tables.operations import operation
from cumulo.compute import states

SORT_COLUMNS: dict[str, "sa.Column[Any]"] = {
    "created_at": server.c.created_at, "updated_at": server.c.updated_at, "launched_at": server.c.launched_at,
    "terminated_at": server.c.terminated_at, "display_name": server.c.name, "name": server.c.name,
    "uuid": server.c.id, "id": server.c.id, "host": server.c.host, "vm_state": server.c.status,
    "status": server.c.status, "power_state": server.c.power_state, "key_name": server.c.key_name,
    "project_id": server.c.project_id, "user_id": server.c.user_id, "image_ref": server.c.image_id,
    "instance_type_id": server.c.flavor_id, "hostname": server.c.hostname, "locked": server.c.locked,
    "launch_index": server.c.launch_index, "config_drive": server.c.config_drive,
    "availability_zone": server.c.availability_zone, "access_ip_v4": server.c.access_ipv4,
    "access_ip_v6": server.c.access_ipv6, "memory_mb": server.c.memory_mib, "vcpus": server.c.vcpus,
    "root_device_name": server.c.id, "display_description": server.c.description,
}
"""The compute API's names of sort keys. Every server's root device has the same name, so that key leaves the order."""

EQUAL_COLUMNS: dict[str, "sa.Column[Any]"] = {
    "image": server.c.image_id, "flavor": server.c.flavor_id, "host": server.c.host,
    "reservation_id": server.c.reservation_id, "key_name": server.c.key_name,
    "availability_zone": server.c.availability_zone, "user_id": server.c.user_id, "description": server.c.description,
    "hostname": server.c.hostname, "project_id": server.c.project_id, "kernel_id": server.c.kernel_id,
    "ramdisk_id": server.c.ramdisk_id,
}

_COLUMNS = [column for column in server.c if column.name not in ("public_key", "admin_password", "guest_password")]
_PLAIN = re.compile(r"[\w @:,/-]*")


@dataclasses.dataclass(frozen=True)
class Tags:
    """Tag filters: all of, any of, not all of, not any of."""

    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    not_every: tuple[str, ...] = ()
    not_some: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Filters:
    """Which servers a list holds."""

    project_id: str | None = None
    deleted: bool | None = False
    name: str | None = None
    statuses: tuple[str, ...] | None = None
    equal: Mapping[str, str] = dataclasses.field(default_factory=dict)
    numbers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    vm_states: tuple[str, ...] | None = None
    task_states: tuple[str, ...] | None = None
    locked: bool | None = None
    config_drive: bool | None = None
    changed_since: float | None = None
    changed_before: float | None = None
    ids: Collection[str] | None = None
    tags: Tags = Tags()


def list_servers(connection: sa.Connection, filters: Filters, *, sort: tuple[tuple[str, bool], ...] = (),
                 limit: int | None = None, marker: str | None = None) -> list[dict[str, Any]]:
    """Return the servers that pass the filters, in order, after the marker; BadRequest for a bad marker or name."""
    query = sa.select(*_COLUMNS).where(*_conditions(connection, filters))
    order = [(SORT_COLUMNS[key], ascending) for key, ascending in sort]
    order = [*order, (server.c.created_at, order[-1][1] if order else False), (server.c.id, order[-1][1] if order else False)]
    order = list({column.name: (column, ascending) for column, ascending in reversed(order)}.values())[::-1]
    if marker is not None:
        query = query.where(_after(connection, marker, filters, order))
    for column, ascending in order:
        empty = column.is_(None)
        query = query.order_by(empty if ascending else empty.desc(), column if ascending else column.desc())
    return dicts(connection.execute(query if limit is None else query.limit(limit)))


def _after(connection: sa.Connection, marker: str, filters: Filters,
           order: list[tuple["sa.Column[Any]", bool]]) -> sa.ColumnElement[bool]:
    """The condition for rows that come after the marker's in this order (NULL counts as the largest)."""
    query = sa.select(*(column for column, _ in order)).where(server.c.id == marker)
    if filters.project_id is not None:
        query = query.where(server.c.project_id == filters.project_id)
    at = connection.execute(query).first()
    if at is None:
        raise errors.BadRequest(f"marker [{marker}] not found")
    alternatives, same = [], []
    for (column, ascending), value in zip(order, at, strict=True):
        alternatives.append(sa.and_(*same, _beyond(column, value, ascending)))
        same.append(column.is_(None) if value is None else column == value)
    return sa.or_(*alternatives)


def _beyond(column: "sa.Column[Any]", value: Any, ascending: bool) -> sa.ColumnElement[bool]:
    if value is None:
        return sa.false() if ascending else column.is_not(None)
    return sa.or_(column > value, column.is_(None)) if ascending else column < value


def _conditions(connection: sa.Connection, filters: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = [
        EQUAL_COLUMNS[name] == value for name, value in filters.equal.items()]
    where.extend(server.c[name] == value for name, value in filters.numbers.items())
    if filters.project_id is not None:
        where.append(server.c.project_id == filters.project_id)
    if filters.changed_since is not None:
        where.append(server.c.updated_at >= filters.changed_since)
    if filters.changed_before is not None:
        where.append(server.c.updated_at <= filters.changed_before)
    if filters.vm_states is not None:
        where.append(server.c.status.in_([each for each in states.STORED if states.vm_state(each) in filters.vm_states]))
    if filters.task_states is not None:
        where.append(server.c.id.in_(_busy_with(connection, filters.task_states)))
    if filters.deleted is not None:
        where.append(server.c.deleted_at.is_not(None) if filters.deleted else server.c.deleted_at.is_(None))
    if filters.name:
        where.append(_matches(connection, server.c.name, filters.name))
    if filters.statuses is not None:
        where.append(_status(connection, filters.statuses))
    for column, value in ((server.c.locked, filters.locked), (server.c.config_drive, filters.config_drive)):
        if value is not None:
            where.append(column.is_(value))
    if filters.ids is not None:
        where.append(server.c.id.in_(filters.ids))
    return [*where, *_tags(filters.tags)]


def _matches(connection: sa.Connection, column: "sa.Column[str]", pattern: str) -> sa.ColumnElement[bool]:
    """A regular expression somewhere in the column; the database says first whether it can read it."""
    if _PLAIN.fullmatch(pattern):
        return contains(column, pattern)
    patterns.check(pattern)
    try:
        connection.execute(sa.select(sa.literal("").regexp_match(pattern)))
    except DBAPIError as failure:
        raise errors.BadRequest(f"{pattern[:64]!r} is not a valid regular expression.") from failure
    return column.regexp_match(pattern)


def _status(connection: sa.Connection, wanted: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """The statuses as clients see them: what is being done to a server may cover its row's own status."""
    passing: dict[str, list[str]] = {status: [] for status in states.PASSING}
    query = (sa.select(operation, server.c.status).join(server, server.c.id == operation.c.resource_id)
             .where(operation.c.active_key.is_not(None), operation.c.flow.in_(states.passing_flows())))
    for row in connection.execute(query).mappings():
        shown = states.status_of(row["status"], row)
        if shown in passing:
            passing[shown].append(row["resource_id"])
    covered = [server_id for ids in passing.values() for server_id in ids]
    settled = [status for status in wanted if status in states.STATUSES and status not in passing]
    alternatives = [sa.and_(server.c.status.in_(settled), server.c.id.not_in(covered))]
    alternatives.extend(server.c.id.in_(passing[status]) for status in wanted if status in passing)
    return sa.or_(*alternatives)


def _busy_with(connection: sa.Connection, wanted: tuple[str, ...]) -> list[str]:
    """The servers whose operation under way means one of these task states."""
    query = sa.select(operation).where(operation.c.active_key.is_not(None), operation.c.resource_type == "server")
    return [row["resource_id"] for row in connection.execute(query).mappings() if states.task_of(row) in wanted]


def _tags(tags: Tags) -> list[sa.ColumnElement[bool]]:
    where = []
    if tags.every:
        where.extend(_tagged((tag,)) for tag in tags.every)
    if tags.some:
        where.append(_tagged(tags.some))
    if tags.not_every:
        where.append(sa.not_(sa.and_(*(_tagged((tag,)) for tag in tags.not_every))))
    if tags.not_some:
        where.append(sa.not_(_tagged(tags.not_some)))
    return where


def _tagged(tags: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return server.c.id.in_(sa.select(server_tag.c.server_id).where(server_tag.c.tag.in_(tags)))
