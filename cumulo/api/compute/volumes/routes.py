"""Routes of volumes and snapshots, under the rules of the block storage API."""

from typing import Any

from cumulo.api.compute.volumes import handlers
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.snapshots.handlers import QUERY as SNAPSHOT_QUERY
from cumulo.api.volume.volumes.filters import QUERY as VOLUME_QUERY
from cumulo.api.wsgi.route import Route

_LAST = "2.35"
_VOLUMES, _VOLUME = "/os-volumes", "/os-volumes/{volume_id}"
_SNAPSHOTS, _SNAPSHOT = "/os-snapshots", "/os-snapshots/{snapshot_id}"
_NAMED: dict[str, Any] = {"display_name": parts.TEXT, "display_description": parts.TEXT}
_NEW_VOLUME = parts.wrapped("volume", _NAMED | {
    "size": parts.SIZE, "volume_type": parts.TEXT, "metadata": {**parts.VALUES, "type": ["object", "null"]},
    "snapshot_id": parts.ID_OR_NULL, "availability_zone": parts.TEXT}, required=("size",))
_NEW_SNAPSHOT = parts.wrapped("snapshot", _NAMED | {"volume_id": parts.ID, "force": parts.BOOLEAN}, required=("volume_id",))

ROUTES = (
    *(Route("GET", path, handlers.list_volumes, policy="volume:volumes:list", until=_LAST, query=VOLUME_QUERY)
      for path in (_VOLUMES, f"{_VOLUMES}/detail")),
    Route("POST", _VOLUMES, handlers.create_volume, policy="volume:volumes:create", until=_LAST, body=_NEW_VOLUME),
    Route("GET", _VOLUME, handlers.show_volume, policy="volume:volumes:show", until=_LAST),
    Route("DELETE", _VOLUME, handlers.delete_volume, policy="volume:volumes:delete", until=_LAST, status=202),
    *(Route("GET", path, handlers.list_snapshots, policy="volume:snapshots:list", until=_LAST, query=SNAPSHOT_QUERY)
      for path in (_SNAPSHOTS, f"{_SNAPSHOTS}/detail")),
    Route("POST", _SNAPSHOTS, handlers.create_snapshot, policy="volume:snapshots:create", until=_LAST, body=_NEW_SNAPSHOT),
    Route("GET", _SNAPSHOT, handlers.show_snapshot, policy="volume:snapshots:show", until=_LAST),
    Route("DELETE", _SNAPSHOT, handlers.delete_snapshot, policy="volume:snapshots:delete", until=_LAST, status=202),
)
