"""Images as compute shows them. Pure."""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request

Row = Mapping[str, Any]
STATUSES = {"active": "ACTIVE", "queued": "SAVING", "saving": "SAVING", "importing": "SAVING", "uploading": "SAVING",
            "killed": "ERROR", "deleted": "DELETED", "pending_delete": "DELETED"}
"""The image API's words for the state of an image, and compute's."""
_PROGRESS = {"active": 100, "queued": 25, "saving": 50}


def brief(request: Request, row: Row) -> dict[str, Any]:
    """Return what a plain list shows."""
    public = request.services.conf.api.public_url
    alternate = {"rel": "alternate", "type": "application/vnd.openstack.image", "href": f"{public}/image/images/{row['id']}"}
    return {"id": row["id"], "name": row["name"], "links": [*common.links(request, "images", row["id"]), alternate]}


def full(request: Request, row: Row, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return what GET shows; metadata are the properties that the caller may read."""
    shown = brief(request, row) | {
        "status": STATUSES.get(row["status"], "UNKNOWN"), "progress": _PROGRESS.get(row["status"], 0),
        "created": times.iso_z(row["created_at"]), "updated": times.iso_z(row["updated_at"]),
        "minDisk": row["min_disk"], "minRam": row["min_ram"], "metadata": dict(metadata),
        "OS-EXT-IMG-SIZE:size": row["size"]}
    server_id = row["properties"].get("instance_uuid")
    return shown | ({"server": {"id": server_id, "links": common.links(request, "servers", server_id)}} if server_id else {})
