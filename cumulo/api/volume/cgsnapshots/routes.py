"""Routes of snapshots of consistency groups."""

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.cgsnapshots import handlers
from cumulo.api.volume.group_snapshots.handlers import QUERY
from cumulo.api.wsgi.route import Route

_CREATE = parts.wrapped("cgsnapshot", {"consistencygroup_id": parts.ID, "name": parts.TEXT, "description": parts.TEXT},
                        required=("consistencygroup_id",))
_ALL, _ONE, _LIST = "/cgsnapshots", "/cgsnapshots/{group_snapshot_id}", "volume:group_snapshots:list"

ROUTES = (
    Route("POST", _ALL, handlers.create, policy="volume:group_snapshots:create", status=202, body=_CREATE),
    Route("GET", _ALL, handlers.list_brief, policy=_LIST, query=QUERY),
    Route("GET", f"{_ALL}/detail", handlers.list_full, policy=_LIST, query=QUERY),
    Route("GET", _ONE, handlers.show, policy="volume:group_snapshots:show"),
    Route("DELETE", _ONE, handlers.delete, policy="volume:group_snapshots:delete", status=202),
)
