"""Routes of our own: no other compute API has them, so they stand below a name of ours."""

from cumulo.api.compute.cumulo_operations import handlers
from cumulo.api.wsgi.route import Route

_PATH, _RULE = "/cumulo/operations", "compute:cumulo:operations"

ROUTES = (
    Route("GET", _PATH, handlers.list_operations, policy=_RULE, query=("resource_id", "request_id")),
    Route("GET", f"{_PATH}/{{operation_id}}", handlers.show, policy=_RULE),
)
