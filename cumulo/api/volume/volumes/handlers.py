"""Volumes: list, show, make, change, delete, and what they are together.

    3.12 summary   3.23 force in DELETE   3.36 metadata in the summary   3.45 with_count
    3.53 a change of nothing is refused
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.volumes import create as creation
from cumulo.api.volume.volumes import filters, view
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.volume import volume, volume_backend, volume_group
from cumulo.volume import group_types, types, volume_queries, volumes

Shown = dict[str, Any]


def create(request: Request) -> Shown:
    """Begin to make a volume."""
    with request.services.database.write() as connection:
        row = creation.request_create(request, connection, request.body)
        around = surroundings(connection, [row])
    common.ring_scheduler(request)
    return {"volume": view.created(request, row, around)}


def list_brief(request: Request) -> Shown:
    """List volumes with id, name and links."""
    return _list(request, lambda connection, rows: [view.brief(request, row) for row in rows])


def list_full(request: Request) -> Shown:
    """List volumes with everything."""
    def shown(connection: sa.Connection, rows: list[volumes.Row]) -> list[Shown]:
        around = surroundings(connection, rows)
        return [view.full(request, row, around) for row in rows]

    return _list(request, shown)


def _list(request: Request, shown: Callable[[sa.Connection, list[volumes.Row]], list[Shown]]) -> Shown:
    page, limit, offset = common.page(request, volume_queries.SORT_COLUMNS)
    wanted = filters.read(request)
    with request.services.database.read() as connection:
        part = volume_queries.Part(limit, page.marker, offset, page.sort)
        rows = volume_queries.list_volumes(connection, wanted, part) if limit else []
        found = shown(connection, rows)
        counted = {"count": volume_queries.count_volumes(connection, wanted)} if common.wants_count(request) else {}
    return {"volumes": found} | counted | common.next_links(request, rows, limit, "volumes")


def summary(request: Request) -> Shown:
    """Count volumes and their GiB."""
    wanted = volume_queries.Wanted(filters.whose(request, volume, filters.ALL_PROJECTS))
    with request.services.database.read() as connection:
        count, size, metadata = volume_queries.summary(connection, wanted)
    shown: Shown = {"total_count": count, "total_size": size}
    return {"volume-summary": shown | ({"metadata": metadata} if request.is_at_least("3.36") else {})}


def show(request: Request) -> Shown:
    """Show a volume."""
    with request.services.database.read() as connection:
        row = common.own_volume(request, connection, "volume:volumes:show")
        return {"volume": view.full(request, row, surroundings(connection, [row]))}


def update(request: Request) -> Shown:
    """Change a volume's name, description or metadata."""
    asked, database = request.body["volume"], request.services.database
    values: Shown = {key: creation.named(asked, key) for key in ("name", "description")
                     if key in asked or f"display_{key}" in asked}
    if "metadata" in asked:
        values["metadata"] = asked["metadata"]
    with database.write() as connection:
        row = common.own_volume(request, connection, "volume:volumes:update", lock=True)
        volumes.update_volume(connection, database.now(connection), row["id"], **values)
        row = volumes.get_volume(connection, row["id"])
        return {"volume": view.created(request, row, surroundings(connection, [row]))}


def delete(request: Request) -> None:
    """Begin to delete a volume, with its snapshots where that is asked for."""
    services, query = request.services, request.query
    force = request.is_at_least("3.23") and flag(query.get("force", "false"), "force")
    if force:
        request.authorize("volume:volumes:force_delete")
    with services.database.write() as connection:
        row = common.own_volume(request, connection, "volume:volumes:delete", lock=True)
        volumes.request_delete(connection, services.ids, services.database.now(connection), context=request.context,
                               row=row, cascade=flag(query.get("cascade", "false"), "cascade"), force=force)
    common.ring_scheduler(request)


def surroundings(connection: sa.Connection, rows: list[volumes.Row]) -> view.Surroundings:
    """Read what belongs to the volumes of an answer."""
    type_ids = sorted({row["type_id"] for row in rows if row["type_id"]})
    names = sorted({row["backend"] for row in rows if row["backend"]})
    ids = connection.execute(sa.select(volume_backend.c.name, volume_backend.c.id).where(
        volume_backend.c.name.in_(names))).all() if names else []
    return view.Surroundings(
        types.names_of(connection, type_ids), volumes.attachments_of(connection, [row["id"] for row in rows]), dict(ids),
        _older_groups(connection, {row["group_id"] for row in rows if row["group_id"]}))


def _older_groups(connection: sa.Connection, group_ids: set[str]) -> frozenset[str]:
    if not group_ids:
        return frozenset()
    query = sa.select(volume_group.c.id).where(volume_group.c.id.in_(sorted(group_ids)), group_types.is_older())
    return frozenset(connection.execute(query).scalars())
