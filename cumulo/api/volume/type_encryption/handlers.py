"""How volumes of a type are encrypted: show, say, change, take back. For administrators."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import type_encryption, types

RULE = "volume:types:encryption"
Shown = dict[str, Any]


def show(request: Request) -> Shown:
    """Show it; nothing for a type whose volumes are not encrypted."""
    with request.services.database.read() as connection:
        return _shown(type_encryption.of_type(connection, _type(request, connection)["id"]))


def show_field(request: Request) -> Shown:
    """Show one field of it, by the field's name; raises NotFound."""
    name = request.params["encryption_id"]
    shown = show(request)
    if name not in shown:
        raise errors.NotFound(f"There is no encryption spec {name[:255]!r}.")
    return {name: shown[name]}


def create(request: Request) -> Shown:
    """Encrypt volumes of a type."""
    services = request.services
    with services.database.write() as connection:
        type_id = _type(request, connection, lock=True)["id"]
        row = type_encryption.create(
            connection, services.ids, services.database.now(connection), type_id, request.body["encryption"])
    return {"encryption": {"volume_type_id": type_id, "encryption_id": row["id"]} | _fields(row)}


def update(request: Request) -> Shown:
    """Change how; what the body does not name stays."""
    asked, database = request.body["encryption"], request.services.database
    with database.write() as connection:
        type_encryption.update(connection, database.now(connection), _own(request, connection), asked)
    return {"encryption": asked}


def delete(request: Request) -> None:
    """Encrypt no more."""
    with request.services.database.write() as connection:
        type_encryption.delete(connection, _own(request, connection))


def _own(request: Request, connection: sa.Connection) -> type_encryption.Row:
    return type_encryption.get(connection, _type(request, connection, lock=True)["id"], request.params["encryption_id"])


def _type(request: Request, connection: sa.Connection, *, lock: bool = False) -> types.Row:
    type_id = common.short_id(request.params["type_id"], types.not_found)
    return types.get_type(connection, type_id, common.project_of(request), lock=lock)


def _fields(row: type_encryption.Row) -> Shown:
    return {name: row[name] for name in type_encryption.FIELDS}


def _shown(row: type_encryption.Row | None) -> Shown:
    if row is None:
        return {}
    return {"volume_type_id": row["type_id"], "encryption_id": row["id"], **_fields(row), "deleted": False, "deleted_at": None,
            "created_at": times.iso_micro(row["created_at"]), "updated_at": times.iso_micro(row["updated_at"])}
