"""Types of groups (3.11): list and show for everybody; the rest, and private ones, for administrators."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common, specs
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_group_type
from cumulo.volume import group_types
from cumulo.volume.volume_queries import Part, page_of

MANAGE = "volume:group_types:manage"
SORT_COLUMNS: dict[str, Any] = {name: volume_group_type.c[name] for name in ("name", "id", "created_at", "updated_at", "is_public")}


def list_types(request: Request) -> dict[str, Any]:
    """List the group types that the caller may use."""
    page, limit, offset = common.page(request, SORT_COLUMNS)
    where = [group_types.visible(request.may(MANAGE))]
    asked = request.query.get("is_public")
    if asked is not None and asked.lower() != "none":
        where.append(volume_group_type.c.is_public.is_(flag(asked, "is_public")))
    part = Part(limit, page.marker, offset, page.sort)
    with request.services.database.read() as connection:
        rows = page_of(connection, sa.select(volume_group_type).where(*where), SORT_COLUMNS, part) if limit else []
    return {"group_types": [_view(request, row) for row in rows]} | common.next_links(request, rows, limit, "group_types")


def show(request: Request) -> dict[str, Any]:
    """Show a group type."""
    with request.services.database.read() as connection:
        return {"group_type": _view(request, _own(request, connection))}


def show_default(request: Request) -> dict[str, Any]:
    """Show the group type that users are advised to take."""
    name = request.services.conf.volume.default_group_type
    if not name:
        raise errors.NotFound("Default group type can not be found.")
    with request.services.database.read() as connection:
        return {"group_type": _view(request, group_types.named(connection, name, is_admin=request.may(MANAGE), lock=False))}


def create(request: Request) -> dict[str, Any]:
    """Make a group type."""
    asked, services = request.body["group_type"], request.services
    values = {"name": asked["name"].strip(), "description": asked.get("description"), "group_specs": asked.get("group_specs") or {},
              "is_public": flag(str(asked.get("is_public", True)), "is_public")}
    with services.database.write() as connection:
        row = group_types.create(connection, services.ids, services.database.now(connection), values)
    return {"group_type": _view(request, row)}


def update(request: Request) -> dict[str, Any]:
    """Change a group type's name, description or whether it is public."""
    database, values = request.services.database, common.type_changes(request.body["group_type"], "group type")
    with database.write() as connection:
        row = _own(request, connection, lock=True)
        group_types.update(connection, database.now(connection), row["id"], values)
        return {"group_type": _view(request, group_types.get(connection, row["id"], is_admin=True))}


def delete(request: Request) -> None:
    """Remove a group type that no group has."""
    with request.services.database.write() as connection:
        group_types.delete(connection, _own(request, connection, lock=True)["id"])


def _own(request: Request, connection: sa.Connection, *, lock: bool = False) -> group_types.Row:
    type_id = common.short_id(request.params["group_type_id"], group_types.not_found)
    return group_types.get(connection, type_id, is_admin=request.may(MANAGE), lock=lock)


def _view(request: Request, row: group_types.Row) -> dict[str, Any]:
    shown = {"id": row["id"], "name": row["name"], "description": row["description"], "is_public": row["is_public"]}
    return shown | ({"group_specs": row["group_specs"]} if request.may(MANAGE) else {})


def _read_specs(request: Request) -> specs.Specs:
    with request.services.database.read() as connection:
        return dict(_own(request, connection)["group_specs"])


def _change_specs(request: Request, change: specs.Change) -> None:
    database = request.services.database
    with database.write() as connection:
        row = _own(request, connection, lock=True)
        group_types.update(connection, database.now(connection), row["id"], {"group_specs": change(dict(row["group_specs"]))})


SPECS = specs.Handlers("group_specs", _read_specs, _change_specs)
