"""Backup rows as JSON: each key from the microversion that brought it.

    3.18 the project, for administrators   3.43 metadata   3.56 user_id   3.64 encryption_key_id
"""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.volume.backups import Row


def brief(request: Request, row: Row) -> dict[str, Any]:
    """Return what a plain list, POST and PUT show."""
    shown = {"id": row["id"], "name": row["name"], "links": common.links(request, "backups", row["id"])}
    return shown | ({"metadata": row["metadata"]} if request.is_at_least("3.43") else {})


def full(request: Request, row: Row) -> dict[str, Any]:
    """Return a backup as GET shows it."""
    shown = brief(request, row) | {name: row[name] for name in (
        "description", "volume_id", "snapshot_id", "container", "availability_zone", "object_count")}
    shown |= {"status": row["shown_status"], "size": row["size_gib"], "fail_reason": row["fault"],
              "is_incremental": row["parent_location"] is not None, "has_dependent_backups": bool(row["has_dependents"]),
              "data_timestamp": times.iso_micro(row["data_timestamp"]), "created_at": times.iso_micro(row["created_at"]),
              "updated_at": times.iso_micro(row["updated_at"])}
    if request.is_at_least("3.18") and request.may("volume:backups:show_project"):
        shown["os-backup-project-attr:project_id"] = row["project_id"]
    if request.is_at_least("3.64") and row["encryption_key_id"] is not None:
        shown["encryption_key_id"] = row["encryption_key_id"]
    return shown | ({"user_id": row["user_id"]} if request.is_at_least("3.56") else {})
