"""Lists of volumes: filters, order and pages, as one query over the columns a page shows."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume
from cumulo.volume import states

Row = Mapping[str, Any]
SORT_COLUMNS: dict[str, Any] = {
    "created_at": volume.c.created_at, "updated_at": volume.c.updated_at, "name": volume.c.name,
    "display_name": volume.c.name, "id": volume.c.id, "size": volume.c.size_gib, "status": states.SHOWN,
    "bootable": volume.c.bootable, "host": volume.c.backend, "availability_zone": volume.c.availability_zone,
    "launched_at": volume.c.launched_at, "volume_type_id": volume.c.type_id, "project_id": volume.c.project_id,
    "user_id": volume.c.user_id}
_SHOWN = sa.select(volume, states.SHOWN).select_from(states.JOINED)
NEWEST_FIRST = (("created_at", False), ("id", False))


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which volumes: conditions on columns, and metadata they must all have."""

    where: Sequence[sa.ColumnElement[bool]] = ()
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    image_metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Part:
    """What part of a list: so many from an offset, after a marker."""

    limit: int
    marker: str | None = None
    offset: int = 0
    sort: tuple[tuple[str, bool], ...] = ()


def list_volumes(connection: sa.Connection, wanted: Wanted, part: Part) -> list[Row]:
    """Return a page of volumes; raises NotFound for a marker that is none of them."""
    query = _SHOWN.where(*wanted.where)
    looks = wanted.metadata or wanted.image_metadata
    return page_of(connection, query, SORT_COLUMNS, part, (lambda row: _has(row, wanted)) if looks else None)


def page_of(connection: sa.Connection, query: sa.Select[Any], columns: Mapping[str, Any], part: Part,
            keep: Callable[[Row], bool] | None = None) -> list[Row]:
    """Return a page of what a query finds, the newest first unless told otherwise.

    keep: JSON is text in every database, so what it holds is looked at here, and then pages are cut here too.
    """
    sort = part.sort if "id" in dict(part.sort) else (*(part.sort or NEWEST_FIRST[:1]), ("id", False))
    ordered = query.order_by(*(columns[key].asc() if up else columns[key].desc() for key, up in sort))
    if keep or part.marker:
        return _cut([row for row in connection.execute(ordered).mappings() if keep is None or keep(row)], part)
    return list(connection.execute(ordered.limit(part.limit).offset(part.offset)).mappings())


def count_volumes(connection: sa.Connection, wanted: Wanted) -> int:
    """Return how many volumes there are of these."""
    if wanted.metadata or wanted.image_metadata:
        query = sa.select(volume).select_from(states.JOINED).where(*wanted.where)
        return sum(1 for row in connection.execute(query).mappings() if _has(row, wanted))
    query = sa.select(sa.func.count()).select_from(states.JOINED).where(*wanted.where)
    return int(connection.execute(query).scalar_one())


def count_having(connection: sa.Connection, table: sa.Table, joined: sa.FromClause, where: Sequence[sa.ColumnElement[bool]],
                 metadata: Mapping[str, str]) -> int:
    """Return how many rows of a table there are of these that have all of this metadata."""
    if metadata:
        found = connection.execute(sa.select(table.c.metadata).select_from(joined).where(*where)).scalars()
        return sum(1 for each in found if metadata.items() <= each.items())
    return int(connection.execute(sa.select(sa.func.count()).select_from(joined).where(*where)).scalar_one())


def summary(connection: sa.Connection, wanted: Wanted) -> tuple[int, int, dict[str, list[str]]]:
    """Return how many volumes there are of these, their GiB together, and the values of each key of their metadata."""
    rows = connection.execute(sa.select(volume.c.size_gib, volume.c.metadata).select_from(states.JOINED).where(*wanted.where))
    count, size, values = 0, 0, dict[str, set[str]]()
    for size_gib, metadata in rows:
        count, size = count + 1, size + size_gib
        for key, value in metadata.items():
            values.setdefault(key, set()).add(value)
    return count, size, {key: sorted(each) for key, each in sorted(values.items())}


def _has(row: Row, wanted: Wanted) -> bool:
    return (wanted.metadata.items() <= row["metadata"].items()
            and wanted.image_metadata.items() <= (row["image_metadata"] or {}).items())


def _cut(found: list[Row], part: Part) -> list[Row]:
    if part.marker:
        places = [number for number, row in enumerate(found) if row["id"] == part.marker]
        if not places:
            raise errors.NotFound(f"marker {part.marker[:64]} could not be found.")
        found = found[places[0] + 1:]
    return found[part.offset:part.offset + part.limit]
