"""QoS specs: how much a type lets users ask of a volume in a second. For administrators."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_qos_specs
from cumulo.volume import qos, types
from cumulo.volume.volume_queries import Part, page_of

READ, MANAGE = "volume:qos_specs:read", "volume:qos_specs:manage"
SORT_COLUMNS: dict[str, Any] = {name: volume_qos_specs.c[name] for name in ("id", "name", "consumer", "created_at", "updated_at")}
LONGEST = 255
Shown = dict[str, Any]


def list_specs(request: Request) -> Shown:
    """List QoS specs."""
    page, limit, offset = common.page(request, SORT_COLUMNS)
    part = Part(limit, page.marker, offset, page.sort)
    with request.services.database.read() as connection:
        rows = page_of(connection, sa.select(volume_qos_specs), SORT_COLUMNS, part) if limit else []
    return {"qos_specs": [_view(row) for row in rows]} | common.next_links(request, rows, limit, "qos_specs")


def show(request: Request) -> Shown:
    """Show QoS specs."""
    with request.services.database.read() as connection:
        return _full(request, _specs(request, connection))


def create(request: Request) -> Shown:
    """Make QoS specs."""
    asked, services = dict(request.body["qos_specs"]), request.services
    name, consumer = asked.pop("name").strip(), asked.pop("consumer", qos.BACK_END)
    specs = _texts(asked)
    with services.database.write() as connection:
        row = qos.create(connection, services.ids, services.database.now(connection), name, consumer, specs)
    return _full(request, row)


def change(request: Request) -> Shown:
    """Add keys and change those that are there; consumer says who holds users to them."""
    asked = dict(request.body["qos_specs"])
    consumer, specs = asked.pop("consumer", None), _texts(asked)
    with request.services.database.write() as connection:
        row = _specs(request, connection, lock=True)
        qos.update(connection, request.services.database.now(connection), row["id"], specs=row["specs"] | specs,
                   consumer=consumer or row["consumer"])
    return {"qos_specs": specs | ({"consumer": consumer} if consumer else {})}


def delete(request: Request) -> None:
    """Remove QoS specs; while types have them only by force."""
    force = flag(request.query.get("force", "false"), "force")
    with request.services.database.write() as connection:
        row = _specs(request, connection, lock=True)
        qos.delete(connection, request.services.database.now(connection), row["id"], force=force)


def delete_keys(request: Request) -> None:
    """Remove some keys; raises NotFound for one that is not there."""
    with request.services.database.write() as connection:
        row = _specs(request, connection, lock=True)
        for key in request.body["keys"]:
            if key not in row["specs"]:
                raise errors.NotFound(f"QoS specs {row['id']} have no spec with key {key}.")
        left = {key: value for key, value in row["specs"].items() if key not in request.body["keys"]}
        qos.update(connection, request.services.database.now(connection), row["id"], specs=left)


def associations(request: Request) -> Shown:
    """List the types that have QoS specs."""
    with request.services.database.read() as connection:
        found = qos.types_of(connection, _specs(request, connection)["id"])
    return {"qos_associations": [{"association_type": "volume_type", "name": each["name"], "id": each["id"]} for each in found]}


def associate(request: Request) -> None:
    """Give a type QoS specs."""
    with request.services.database.write() as connection:
        specs = _specs(request, connection, lock=True)
        qos.join(connection, request.services.database.now(connection), specs["id"], _type(request, connection))


def disassociate(request: Request) -> None:
    """Take them from a type."""
    with request.services.database.write() as connection:
        specs = _specs(request, connection, lock=True)
        qos.part(connection, request.services.database.now(connection), specs["id"], _type(request, connection))


def disassociate_all(request: Request) -> None:
    """Take them from every type."""
    with request.services.database.write() as connection:
        specs = _specs(request, connection, lock=True)
        qos.part_all(connection, request.services.database.now(connection), specs["id"])


def _specs(request: Request, connection: sa.Connection, *, lock: bool = False) -> qos.Row:
    return qos.get(connection, common.short_id(request.params["qos_specs_id"], qos.not_found), lock=lock)


def _type(request: Request, connection: sa.Connection) -> types.Row:
    type_id = request.query.get("vol_type_id")
    if not type_id:
        raise errors.BadRequest("Volume Type id must not be None.")
    return types.get_type(connection, common.short_id(type_id, types.not_found), common.project_of(request), lock=True)


def _texts(asked: dict[str, Any]) -> dict[str, str]:
    """Return specs as text, which clients may send as numbers; raises BadRequest for anything else."""
    for key, value in asked.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool) or len(str(value)) > LONGEST:
            raise errors.BadRequest(f"The value of {key!r} must be a text of {LONGEST} characters at most, or a number.")
    return {key: str(value) for key, value in asked.items()}


def _view(row: qos.Row) -> Shown:
    return {"id": row["id"], "name": row["name"], "consumer": row["consumer"], "specs": row["specs"]}


def _full(request: Request, row: qos.Row) -> Shown:
    return {"qos_specs": _view(row), "links": common.links(request, "qos-specs", row["id"])}
