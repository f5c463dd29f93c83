"""What a backend says that it can do."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_backend
from cumulo.volume import backends


def show(request: Request) -> dict[str, Any]:
    """Show what a backend can do."""
    name = request.params["host_name"].partition("#")[0]
    with request.services.database.read() as connection:
        rows = backends.list_backends(connection, volume_backend.c.name == name)
    if not rows:
        raise errors.NotFound(f"Host {name[:255]} could not be found.")
    said = rows[0]["capabilities"]
    return {
        "namespace": f"OS::Storage::Capabilities::{name}", "vendor_name": said["vendor_name"],
        "volume_backend_name": said["volume_backend_name"], "pool_name": backends.short_name(name),
        "driver_version": said["driver_version"], "storage_protocol": said["storage_protocol"],
        "display_name": said["volume_backend_name"], "description": f"Volumes of the backend {name}", "visibility": None,
        "replication_targets": [], "properties": {
            "thin_provisioning": {"title": "Thin provisioning", "type": "boolean",
                                  "description": "Volumes take the room of what was written to them."}}}
