"""Routes of what may be taken over: the older paths, and those since 3.8."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.manageable import handlers
from cumulo.api.wsgi.route import Route

_REF: dict[str, Any] = {"type": "object", "properties": {"source-name": {"type": "string", "pattern": r"^[^/\x00]{1,255}$"}},
                        "required": ["source-name"], "additionalProperties": False}
_SAID = {"name": parts.TEXT, "description": parts.TEXT, "metadata": parts.VALUES | {"type": ["object", "null"]}, "ref": _REF}
_VOLUME = parts.wrapped("volume", _SAID | {
    "host": parts.NAME, "volume_type": parts.TEXT, "availability_zone": parts.TEXT, "bootable": parts.BOOLEAN},
    required=("host", "ref"))
_SNAPSHOT = parts.wrapped("snapshot", _SAID | {"volume_id": parts.ID}, required=("volume_id", "ref"))
_RULE = "volume:manageable:manage"
_OF_VOLUMES = (("/os-volume-manage", "3.0"), ("/manageable_volumes", "3.8"))
_OF_SNAPSHOTS = (("/os-snapshot-manage", "3.0"), ("/manageable_snapshots", "3.8"))

ROUTES = (
    *(route for path, since in _OF_VOLUMES for route in (
        Route("GET", path, handlers.list_volumes, policy=_RULE, since=since, query=handlers.QUERY),
        Route("GET", f"{path}/detail", handlers.list_volumes_full, policy=_RULE, since=since, query=handlers.QUERY),
        Route("POST", path, handlers.manage, policy=_RULE, status=202, since=since, body=_VOLUME))),
    *(route for path, since in _OF_SNAPSHOTS for route in (
        Route("GET", path, handlers.list_snapshots, policy=_RULE, since=since, query=handlers.QUERY),
        Route("GET", f"{path}/detail", handlers.list_snapshots_full, policy=_RULE, since=since, query=handlers.QUERY),
        Route("POST", path, handlers.manage_snapshot, policy=_RULE, status=202, since=since, body=_SNAPSHOT))),
)
