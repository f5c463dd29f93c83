"""Routes of endpoint groups."""

from cumulo.api.identity.endpoint_groups import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.endpoint_filter import FILTERS

_ALL = "/v3/OS-EP-FILTER/endpoint_groups"
_ONE = _ALL + "/{endpoint_group_id}"

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="identity:list_endpoint_groups", query=FILTERS),
    Route("POST", _ALL, handlers.create, policy="identity:create_endpoint_group", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="identity:get_endpoint_group"),
    Route("PATCH", _ONE, handlers.update, policy="identity:update_endpoint_group", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="identity:delete_endpoint_group", status=204),
    Route("GET", f"{_ONE}/endpoints", handlers.endpoints,
          policy="identity:list_endpoints_associated_with_endpoint_group"),
)
