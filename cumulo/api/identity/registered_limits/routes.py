"""Routes of registered limits."""

from cumulo.api.identity.registered_limits import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.limits import REGISTERED_FILTERS

_ONE = "/v3/registered_limits/{registered_limit_id}"

ROUTES = (
    Route("GET", "/v3/registered_limits", handlers.index, policy="identity:list_registered_limits",
          query=REGISTERED_FILTERS),
    Route("POST", "/v3/registered_limits", handlers.create, policy="identity:create_registered_limits", status=201,
          body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="identity:get_registered_limit"),
    Route("PATCH", _ONE, handlers.update, policy="identity:update_registered_limit", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="identity:delete_registered_limit", status=204),
)
