"""Types of volumes: list and show for everybody; the rest for administrators.

    3.52 a list by extra specs: by those that the caller sees
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common, specs
from cumulo.api.volume.volumes import filters
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_type
from cumulo.volume import default_types, types

MANAGE = "volume:types:manage"
QUERY = (*common.PAGE_QUERY, "is_public", "name", "extra_specs")
SORT_COLUMNS = {"name": volume_type.c.name, "id": volume_type.c.id, "created_at": volume_type.c.created_at,
                "updated_at": volume_type.c.updated_at, "is_public": volume_type.c.is_public}


def list_types(request: Request) -> dict[str, Any]:
    """List the types that the caller may use; an administrator all, or those that are public or private."""
    page, limit, offset = common.page(request, SORT_COLUMNS)
    order = [SORT_COLUMNS[key].asc() if up else SORT_COLUMNS[key].desc() for key, up in page.sort]
    asked = filters.pairs(request.query.get("extra_specs"), "extra_specs") if request.is_at_least("3.52") else {}
    with request.services.database.read() as connection:
        rows = types.list_types(connection, *_wanted(request), order=[*order, volume_type.c.name, volume_type.c.id])
    rows = [row for row in rows if asked.items() <= _seen_specs(request, row).items()]
    if page.marker:
        places = [number for number, row in enumerate(rows) if row["id"] == page.marker]
        if not places:
            raise errors.NotFound(f"marker {page.marker[:64]} could not be found.")
        rows = rows[places[0] + 1:]
    rows = rows[offset:offset + limit]
    return {"volume_types": [_view(request, row) | _qos(request, row) for row in rows]} | common.next_links(request, rows, limit, "volume_type")


def _wanted(request: Request) -> list[sa.ColumnElement[bool]]:
    query = request.query
    where = [volume_type.c.name == query["name"]] if "name" in query else []
    if not request.may(MANAGE):
        return [types.visible(request.context.project_id or ""), *where]
    asked = query.get("is_public")
    if asked is not None and asked.lower() != "none":
        where.append(volume_type.c.is_public.is_(flag(asked, "is_public")))
    return where


def show(request: Request) -> dict[str, Any]:
    """Show a type."""
    with request.services.database.read() as connection:
        row = _type(request, connection)
    return {"volume_type": _view(request, row) | _qos(request, row)}


def show_default(request: Request) -> dict[str, Any]:
    """Show the type of the caller's volumes for which nobody names one."""
    with request.services.database.read() as connection:
        named = default_types.of_project(connection, request.services.conf, request.context.project_id or "")
        found = types.list_types(connection, sa.or_(volume_type.c.id == named, volume_type.c.name == named)) if named else []
    if not found:
        raise errors.NotFound("Default volume type can not be found.")
    return {"volume_type": _view(request, found[0])}


def create(request: Request) -> dict[str, Any]:
    """Make a type."""
    asked, services = request.body["volume_type"], request.services
    name = asked["name"].strip()
    values = {"name": name, "description": asked.get("description"), "extra_specs": asked.get("extra_specs") or {},
              "is_public": flag(str(asked.get("os-volume-type-access:is_public", True)), "os-volume-type-access:is_public")}
    with services.database.write() as connection:
        row = types.create_type(connection, services.ids, services.database.now(connection), values)
    return {"volume_type": _view(request, row)}


def update(request: Request) -> dict[str, Any]:
    """Change a type's name, description or whether it is public."""
    database, values = request.services.database, common.type_changes(request.body["volume_type"], "volume type")
    with database.write() as connection:
        row = _type(request, connection, lock=True)
        types.update_type(connection, database.now(connection), row["id"], values)
        shown = _view(request, types.get_type(connection, row["id"], None))
    del shown["os-volume-type-access:is_public"]  # clients check the keys of this answer, and know it not here
    return {"volume_type": shown}


def delete(request: Request) -> None:
    """Remove a type that no volume has."""
    with request.services.database.write() as connection:
        types.delete_type(connection, request.services.conf, common.short_id(request.params["type_id"], types.not_found))


def list_access(request: Request) -> dict[str, Any]:
    """List the projects that may use a private type."""
    with request.services.database.read() as connection:
        row = _type(request, connection)
        if row["is_public"]:
            raise errors.NotFound("Access list not available for public volume types.")
        return {"volume_type_access": [{"volume_type_id": row["id"], "project_id": each}
                                       for each in types.access_of(connection, row["id"])]}


def change_access(request: Request) -> None:
    """Give a private type to a project, or take it away."""
    ((action, asked),) = request.body.items()
    with request.services.database.write() as connection:
        row = _type(request, connection, lock=True)
        if action == "removeProjectAccess":
            types.take_access(connection, row["id"], asked["project"])
        elif row["is_public"]:
            raise errors.Conflict("Type access modification is not applicable to public volume type.")
        else:
            types.give_access(connection, row["id"], asked["project"])


def _type(request: Request, connection: sa.Connection, *, lock: bool = False) -> types.Row:
    type_id = common.short_id(request.params["type_id"], types.not_found)
    return types.get_type(connection, type_id, common.project_of(request), lock=lock)


def _qos(request: Request, row: types.Row) -> dict[str, Any]:
    return {"qos_specs_id": row["qos_specs_id"]} if request.may("volume:qos_specs:read") else {}


def _view(request: Request, row: types.Row) -> dict[str, Any]:
    shown = {"id": row["id"], "name": row["name"], "description": row["description"], "is_public": row["is_public"],
             "os-volume-type-access:is_public": row["is_public"]}
    return shown | {"extra_specs": _seen_specs(request, row)}


def _seen_specs(request: Request, row: types.Row) -> specs.Specs:
    if request.may("volume:types:extra_specs"):
        return dict(row["extra_specs"])
    # What concerns users of a type: whether several may use its volumes, and whether they can be made larger.
    return {key: value for key, value in row["extra_specs"].items() if key in (types.MULTIATTACH, "RESKEY:availability_zones")}


def _read_specs(request: Request) -> specs.Specs:
    with request.services.database.read() as connection:
        return dict(_type(request, connection)["extra_specs"])


def _change_specs(request: Request, change: specs.Change) -> None:
    database = request.services.database
    with database.write() as connection:
        row = _type(request, connection, lock=True)
        types.update_type(connection, database.now(connection), row["id"], {"extra_specs": change(dict(row["extra_specs"]))})


SPECS = specs.Handlers("extra_specs", _read_specs, _change_specs)
