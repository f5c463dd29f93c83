"""Snapshot rows as JSON: each key from the microversion that brought it.

    3.14 group_snapshot_id   3.41 user_id   3.65 consumes_quota
"""

from typing import Any

from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.volume.snapshots import Row


def brief(request: Request, row: Row) -> dict[str, Any]:
    """Return what a plain list, POST and PUT show."""
    shown = {"id": row["id"], "name": row["name"], "description": row["description"], "volume_id": row["volume_id"],
             "status": row["shown_status"], "size": row["size_gib"], "metadata": row["metadata"],
             "created_at": times.iso_micro(row["created_at"]), "updated_at": times.iso_micro(row["updated_at"])}
    if request.is_at_least("3.14"):
        shown["group_snapshot_id"] = row["group_snapshot_id"]
    if request.is_at_least("3.41"):
        shown["user_id"] = row["user_id"]
    return shown | ({"consumes_quota": True} if request.is_at_least("3.65") else {})


def full(request: Request, row: Row) -> dict[str, Any]:
    """Return a snapshot as GET shows it."""
    done = row["progress"] or ("100%" if row["status"] == "available" else "0%")
    return brief(request, row) | {"os-extended-snapshot-attributes:progress": done,
                                  "os-extended-snapshot-attributes:project_id": row["project_id"]}
