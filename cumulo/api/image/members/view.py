"""Members as JSON."""

from typing import Any

from cumulo.api.wsgi.times import iso_z


def member(row: dict[str, Any]) -> dict[str, Any]:
    """Return one member."""
    return {"image_id": row["image_id"], "member_id": row["member_id"], "status": row["status"],
            "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"]),
            "schema": "/v2/schemas/member"}
