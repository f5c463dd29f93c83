"""Migrations as the API shows them: in a list of all, and below the server that is moving."""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.compute.migrations import Row

IN_PROGRESS = ("queued", "preparing", "running", "post-migrating")
_COUNTS = tuple(f"{what}_{which}_bytes" for what in ("memory", "disk") for which in ("total", "processed", "remaining"))


def listed(request: Request, row: Row) -> dict[str, Any]:
    """Return a migration for the list of all."""
    shown = _both(request, row) | {
        "instance_uuid": row["server_id"], "old_instance_type_id": _flavor_number(row["old_flavor_id"]),
        "new_instance_type_id": _flavor_number(row["new_flavor_id"])}
    if request.is_at_least("2.23"):
        shown["migration_type"] = row["type"]
        if row["type"] == "live-migration" and row["status"] in IN_PROGRESS:
            shown["links"] = common.links(request, f"servers/{row['server_id']}/migrations", str(row["number"]))
    return shown


def of_server(request: Request, row: Row) -> dict[str, Any]:
    """Return a live migration under way, with what has been copied."""
    counts = {name: row["progress"].get(name, 0) for name in _COUNTS}
    return _both(request, row) | {"server_uuid": row["server_id"]} | counts


def _both(request: Request, row: Row) -> dict[str, Any]:
    shown = {
        "id": row["number"], "status": row["status"], "source_node": row["source"], "source_compute": row["source"],
        "dest_node": row["target"], "dest_compute": row["target"], "dest_host": row["target"],
        "created_at": times.iso_micro(row["created_at"]), "updated_at": times.iso_micro(row["updated_at"])}
    if request.is_at_least("2.59"):
        shown["uuid"] = row["id"]
    if request.is_at_least("2.80"):
        shown |= {"user_id": row["user_id"], "project_id": row["project_id"]}
    return shown


def _flavor_number(flavor_id: str | None) -> int | None:
    """The field wants a number, which ids of flavors are only sometimes."""
    return int(flavor_id) if flavor_id and flavor_id.isascii() and flavor_id.isdigit() and len(flavor_id) < 10 else None
