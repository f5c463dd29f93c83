"""Routes of default types."""

from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.default_types import handlers
from cumulo.api.wsgi.route import Route

_ONE, _RULE = "/default-types/{project_id}", handlers.MANAGE
_GIVE = parts.wrapped("default_type", {"volume_type": parts.NAME}, required=("volume_type",))

ROUTES = (
    Route("GET", "/default-types", handlers.list_all, policy=_RULE, since="3.62"),
    Route("GET", _ONE, handlers.show, policy=_RULE, since="3.62"),
    Route("PUT", _ONE, handlers.give, policy=_RULE, since="3.62", body=_GIVE),
    Route("DELETE", _ONE, handlers.take, policy=_RULE, since="3.62", status=204),
)
