"""Operations as tasks."""

from collections.abc import Mapping
from typing import Any

from cumulo.api.wsgi.times import iso_z

STATUSES = ("pending", "processing", "success", "failure")
TYPES = ("import", "api_image_import", "location_import")


def status(row: Mapping[str, Any]) -> str:
    """Return the status of the task that an operation is."""
    if row["phase"] == "done":
        return "success"
    if row["phase"] in ("undone", "stuck"):
        return "failure"
    return "pending" if row["epoch"] == 0 else "processing"


def brief(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task as lists hold it."""
    path = f"/v2/tasks/{row['id']}"
    return {
        "id": row["id"], "type": row["state"]["task"]["type"], "status": status(row), "owner": row["project_id"],
        "expires_at": None, "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"]),
        "image_id": row["resource_id"], "request_id": row["request_id"], "user_id": row["user_id"],
        "percent": row["percent"], "self": path, "schema": "/v2/schemas/task",
    }


def task(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one task whole; its message is what went wrong, or how far it is."""
    is_done = row["phase"] == "done"
    message = row["error"] or ("" if is_done else f"{row['percent']} %")
    return brief(row) | {"input": row["state"]["task"]["input"], "message": message,
                         "result": {"image_id": row["resource_id"]} if is_done else None}
