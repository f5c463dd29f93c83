"""Aggregates: create, list, show, change, delete; hosts and metadata by actions. 2.41: their uuid."""

from typing import Any

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import aggregates

Shown = dict[str, Any]


def list_aggregates(request: Request) -> Shown:
    """List all aggregates."""
    with request.services.database.read() as connection:
        return {"aggregates": [view(request, row) for row in aggregates.list_aggregates(connection)]}


def show(request: Request) -> Shown:
    """Show an aggregate."""
    with request.services.database.read() as connection:
        return {"aggregate": view(request, aggregates.get_aggregate(connection, request.params["aggregate_id"]))}


def create(request: Request) -> Shown:
    """Make an aggregate, which may be a zone."""
    asked, services = request.body["aggregate"], request.services
    _check_zone(asked.get(aggregates.ZONE))
    with services.database.write() as connection:
        row = aggregates.create_aggregate(connection, services.ids, services.database.now(connection), asked["name"],
                                          asked.get(aggregates.ZONE))
    shown = view(request, row)
    return {"aggregate": {name: value for name, value in shown.items() if name not in ("hosts", "metadata")}}


def update(request: Request) -> Shown:
    """Change the name or the zone of an aggregate."""
    asked = request.body["aggregate"]

    def change(connection: Any, now: float, row: aggregates.Row) -> None:
        if "name" in asked:
            aggregates.rename(connection, now, row, asked["name"])
        if aggregates.ZONE in asked:
            _check_zone(asked[aggregates.ZONE])
            aggregates.set_metadata(connection, now, row, {aggregates.ZONE: asked[aggregates.ZONE]})

    return _changed(request, change)


def delete(request: Request) -> None:
    """Delete an aggregate without hosts."""
    with request.services.database.write() as connection:
        row = aggregates.get_aggregate(connection, request.params["aggregate_id"], lock=True)
        aggregates.delete_aggregate(connection, row)


def act(request: Request) -> Shown:
    """Add or remove a host, or change the metadata: the body's one key says which."""
    ((name, asked),) = request.body.items()
    if name == "set_metadata":
        _check_zone(asked["metadata"].get(aggregates.ZONE))
        return _changed(request, lambda connection, now, row: aggregates.set_metadata(
            connection, now, row, asked["metadata"]))
    change = aggregates.add_host if name == "add_host" else aggregates.remove_host
    return _changed(request, lambda connection, now, row: change(connection, now, row, asked["host"]))


def _changed(request: Request, change: Any) -> Shown:
    database, text = request.services.database, request.params["aggregate_id"]
    with database.write() as connection:
        change(connection, database.now(connection), aggregates.get_aggregate(connection, text, lock=True))
        return {"aggregate": view(request, aggregates.get_aggregate(connection, text))}


def _check_zone(zone: str | None) -> None:
    """A colon parts a zone from a host where a server is asked for."""
    if zone is not None and ":" in zone:
        raise errors.BadRequest(f"The availability zone {zone[:64]!r} has a colon in its name.")


def view(request: Request, row: aggregates.Row) -> Shown:
    """Return an aggregate as GET shows it."""
    shown = {
        "id": row["number"], "name": row["name"], "availability_zone": row["metadata"].get(aggregates.ZONE),
        "hosts": row["hosts"], "metadata": row["metadata"], "created_at": times.iso_micro(row["created_at"]),
        "updated_at": times.iso_micro(row["updated_at"]), "deleted": False, "deleted_at": None}
    return shown | {"uuid": row["id"]} if request.is_at_least("2.41") else shown
