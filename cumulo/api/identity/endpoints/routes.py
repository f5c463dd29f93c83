"""Routes of endpoints."""

from cumulo.api.identity.endpoints import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.catalog import FILTERS
from cumulo.identity.model import Endpoint

ROUTES = (
    Route("GET", "/v3/endpoints", handlers.index, policy="identity:list_endpoints", query=FILTERS[Endpoint]),
    Route("POST", "/v3/endpoints", handlers.create, policy="identity:create_endpoint", status=201, body=schema.CREATE),
    Route("GET", "/v3/endpoints/{endpoint_id}", handlers.show, policy="identity:get_endpoint"),
    Route("PATCH", "/v3/endpoints/{endpoint_id}", handlers.update, policy="identity:update_endpoint", body=schema.UPDATE),
    Route("DELETE", "/v3/endpoints/{endpoint_id}", handlers.delete, policy="identity:delete_endpoint", status=204),
)
