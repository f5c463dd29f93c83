"""Routes of a snapshot's metadata."""

from cumulo.api.volume.metadata.routes import ALL, ONE
from cumulo.api.volume.snapshot_metadata import handlers
from cumulo.api.wsgi.route import Route

_PATH, _SHOW, _CHANGE = "/snapshots/{snapshot_id}/metadata", "volume:snapshots:show", "volume:snapshots:update"

ROUTES = (
    Route("GET", _PATH, handlers.list_metadata, policy=_SHOW),
    Route("POST", _PATH, handlers.merge, policy=_CHANGE, body=ALL),
    Route("PUT", _PATH, handlers.replace, policy=_CHANGE, body=ALL),
    Route("GET", f"{_PATH}/{{key}}", handlers.show_item, policy=_SHOW),
    Route("PUT", f"{_PATH}/{{key}}", handlers.set_item, policy=_CHANGE, body=ONE),
    Route("DELETE", f"{_PATH}/{{key}}", handlers.delete_item, policy=_CHANGE),
)
