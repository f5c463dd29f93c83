"""The filters of lists of volumes, from the query.

    3.34 name~ and the like, which a part of the text is enough for   3.45 with_count   3.65 consumes_quota
    glance_metadata, created_at and updated_at with comparisons are read in every version.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.contains import contains
from cumulo.common.db.tables.volume import volume, volume_type
from cumulo.volume import states
from cumulo.volume.volume_queries import Wanted

ALL_PROJECTS = "volume:volumes:list_all_projects"
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", "name", "display_name", "status", "availability_zone", "bootable",
         "metadata", "glance_metadata", "volume_type", "volume_type_id", "host", "size", "id", "user_id", "multiattach",
         "snapshot_id", "source_volid", "group_id", "created_at", "updated_at", "with_count", "migration_status", "consumes_quota", "name~", "display_name~", "description~",
         "status~", "availability_zone~")
_COMPARISONS: dict[str, Callable[[Any, float], sa.ColumnElement[bool]]] = {
    "gt": lambda column, value: column > value, "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value, "lte": lambda column, value: column <= value,
    "eq": lambda column, value: column == value, "neq": lambda column, value: column != value}
_EXACT = {"name": volume.c.name, "display_name": volume.c.name, "availability_zone": volume.c.availability_zone,
          "id": volume.c.id, "user_id": volume.c.user_id, "snapshot_id": volume.c.snapshot_id,
          "source_volid": volume.c.source_id, "group_id": volume.c.group_id, "volume_type_id": volume.c.type_id, "status": states.SHOWN}
_PARTS: dict[str, Any] = {name: _EXACT[name] for name in ("name", "display_name", "status", "availability_zone")} | {
    "description": volume.c.description}


def read(request: Request) -> Wanted:
    """Return what a list shall hold; raises BadRequest for what is malformed."""
    query = request.query
    where = [*whose(request, volume, ALL_PROJECTS)]
    where += [column == query[name] for name, column in _EXACT.items() if name in query]
    where += [*parts(request, _PARTS), *of_quota(request)]
    for name, column in (("bootable", volume.c.bootable), ("multiattach", volume.c.multiattach)):
        if name in query:
            where.append(column.is_(flag(query[name], name)))
    if "size" in query:
        where.append(volume.c.size_gib == number(query["size"]))
    if "host" in query and request.may("volume:volumes:show_host"):
        where.append(volume.c.backend == query["host"].partition("#")[0])
    if "volume_type" in query:
        named = sa.select(volume_type.c.id).where(sa.or_(
            volume_type.c.id == query["volume_type"], volume_type.c.name == query["volume_type"]))
        where.append(volume.c.type_id.in_(named))
    if "migration_status" in query:
        status = query["migration_status"]
        where.append(volume.c.migration_status == (None if status.lower() in ("none", "") else status))
    for name, column in (("created_at", volume.c.created_at), ("updated_at", volume.c.updated_at)):
        if name in query:
            where += moments(query[name], name, column)
    return Wanted(where, pairs(query.get("metadata"), "metadata"), pairs(query.get("glance_metadata"), "glance_metadata"))


def whose(request: Request, table: sa.Table, rule: str) -> list[sa.ColumnElement[bool]]:
    """Return the condition on whose things a list holds: the caller's project's, or another's where the rule lets them."""
    if not common.wants_all_projects(request, rule):
        return [table.c.project_id == (request.context.project_id or "")]
    return [table.c.project_id == request.query["project_id"]] if request.query.get("project_id") else []


def parts(request: Request, columns: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of "name~=text" and the like, which hold for what has the text in it (since 3.34)."""
    if not request.is_at_least("3.34"):
        return []
    return [contains(column, request.query[f"{name}~"]) for name, column in columns.items()
            if f"{name}~" in request.query]


def of_quota(request: Request) -> list[sa.ColumnElement[bool]]:
    """Return the condition of consumes_quota (since 3.65), which everything does that a project has here."""
    if not request.is_at_least("3.65") or flag(request.query.get("consumes_quota", "true"), "consumes_quota"):
        return []
    return [sa.false()]


def moments(text: str, name: str, column: Any) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of "gt:2026-01-01T00:00:00,lt:..."; a time alone is the one that it must be."""
    found = []
    for part in text.split(","):
        operator, colon, moment = part.partition(":")
        if operator not in _COMPARISONS:
            operator, moment = "eq", part
        try:
            found.append(_COMPARISONS[operator](column, times.parse(moment)))
        except (ValueError, OverflowError) as failure:
            raise errors.BadRequest(f"Invalid {name} filter: {part[:64]!r} is no time.") from failure
    return found


def number(text: str) -> int:
    """Return the number that a filter holds; raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise errors.BadRequest(f"Invalid size filter: {text[:32]!r} is no number.")
    return int(text)


def pairs(text: str | None, name: str) -> dict[str, str]:
    """Return the pairs of "{'key': 'value'}", as clients write them."""
    if text is None:
        return {}
    try:
        found = ast.literal_eval(text[:4096])
    except (ValueError, SyntaxError, RecursionError, MemoryError) as failure:
        raise errors.BadRequest(f"Invalid {name} filter: it must be a mapping.") from failure
    if not isinstance(found, dict):
        raise errors.BadRequest(f"Invalid {name} filter: it must be a mapping.")
    return {str(key): str(value) for key, value in found.items()}
