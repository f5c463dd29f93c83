"""Routes of domains' settings."""

from cumulo.api.identity.domain_config import handlers, schema
from cumulo.api.wsgi.route import Route

_DEFAULTS = "/v3/domains/config"
_ALL = "/v3/domains/{domain_id}/config"
_GROUP = _ALL + "/{group}"
_OPTION = _GROUP + "/{option}"
_PLACES = ((_ALL, schema.GROUPS), (_GROUP, schema.GROUPS), (_OPTION, schema.OPTION))

ROUTES = (
    *(Route("GET", f"{_DEFAULTS}{place}/default", handlers.defaults, policy="identity:get_domain_config_default")
      for place in ("", "/{group}", "/{group}/{option}")),
    Route("PUT", _ALL, handlers.create, policy="identity:create_domain_config", status=201, also=(200,),
          body=schema.GROUPS),
    *(Route("GET", path, handlers.show, policy="identity:get_domain_config") for path, _ in _PLACES),
    *(Route("PATCH", path, handlers.update, policy="identity:update_domain_config", body=body)
      for path, body in _PLACES),
    *(Route("DELETE", path, handlers.delete, policy="identity:delete_domain_config", status=204)
      for path, _ in _PLACES),
)
