"""Lists of flavors: filters, order and pages. There are few flavors, so order and page are made here."""

import dataclasses
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import flavor
from cumulo.compute import flavors

SORT_COLUMNS = {
    "flavorid": "id", "id": "id", "name": "name", "memory_mb": "memory_mib", "ram": "memory_mib", "vcpus": "vcpus",
    "root_gb": "root_gib", "disk": "root_gib", "ephemeral_gb": "ephemeral_gib", "swap": "swap_mib",
    "rxtx_factor": "rxtx_factor", "is_public": "is_public", "created_at": "created_at", "disabled": "disabled"}
"""The compute API's names of sort keys."""


@dataclasses.dataclass(frozen=True)
class Filters:
    """Which flavors a list holds; is_public None means public and private ones alike."""

    least_memory_mib: int | None = None
    least_root_gib: int | None = None
    is_public: bool | None = True
    name: str | None = None


def list_flavors(connection: sa.Connection, context: Context, filters: Filters, *,
                 sort: tuple[tuple[str, bool], ...] = (), limit: int | None = None,
                 marker: str | None = None) -> list[flavors.Row]:
    """Return the flavors after the marker; raises BadRequest for an unknown marker.

    is_public True adds the private flavors that the caller's project was given.
    """
    query = sa.select(flavor).where(*_conditions(context, filters))
    rows: list[flavors.Row] = list(connection.execute(query).mappings())
    for key, ascending in reversed((*sort, ("flavorid", sort[-1][1] if sort else True))):
        column = SORT_COLUMNS[key]
        rows.sort(key=lambda row: row[column], reverse=not ascending)
    if marker is not None:
        rows = rows[_position(rows, marker) + 1:]
    return rows if limit is None else rows[:limit]


def _position(rows: list[Any], marker: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == marker:
            return place
    raise errors.BadRequest(f"marker [{marker[:64]}] not found")


def _conditions(context: Context, filters: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if filters.least_memory_mib is not None:
        where.append(flavor.c.memory_mib >= filters.least_memory_mib)
    if filters.least_root_gib is not None:
        where.append(flavor.c.root_gib >= filters.least_root_gib)
    if filters.name is not None:
        where.append(flavor.c.name == filters.name)
    if filters.is_public is True:
        where.append(flavors.visible_to(context))
    elif filters.is_public is False:
        where.append(flavor.c.is_public.is_(False))
    return where
