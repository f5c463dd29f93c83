"""Routes of consistency groups."""

from typing import Any

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.consistency_groups import handlers
from cumulo.api.volume.groups.handlers import QUERY
from cumulo.api.wsgi.route import Route

_NAMES: dict[str, Any] = {"name": parts.TEXT, "description": parts.TEXT}
_IDS = {"type": ["string", "null"], "maxLength": 8192}
_CREATE = parts.wrapped("consistencygroup", _NAMES | {
    "volume_types": {"type": "string", "minLength": 1, "maxLength": 4096}, "availability_zone": parts.TEXT},
    required=("volume_types",))
_FROM = parts.wrapped("consistencygroup-from-src", _NAMES | {"cgsnapshot_id": parts.ID_OR_NULL, "source_cgid": parts.ID_OR_NULL})
_UPDATE = parts.wrapped("consistencygroup", _NAMES | {"add_volumes": _IDS, "remove_volumes": _IDS}, minProperties=1)
_DELETE = parts.wrapped("consistencygroup", {"force": parts.BOOLEAN})
_ALL, _ONE, _LIST = "/consistencygroups", "/consistencygroups/{volume_group_id}", "volume:groups:list"

ROUTES = (
    Route("POST", _ALL, handlers.create, policy="volume:groups:create", status=202, body=_CREATE),
    Route("POST", f"{_ALL}/create_from_src", handlers.create_from, policy="volume:groups:create", status=202, body=_FROM),
    Route("GET", _ALL, handlers.list_brief, policy=_LIST, query=QUERY),
    Route("GET", f"{_ALL}/detail", handlers.list_full, policy=_LIST, query=QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:groups:show"),
    Route("PUT", f"{_ONE}/update", handlers.update, policy="volume:groups:update", status=202, body=_UPDATE),
    Route("POST", f"{_ONE}/delete", handlers.delete, policy="volume:groups:delete", status=202, body=_DELETE),
)
