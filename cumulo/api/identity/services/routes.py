"""Routes of services."""

from cumulo.api.identity.services import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.catalog import FILTERS
from cumulo.identity.model import Service

ROUTES = (
    Route("GET", "/v3/services", handlers.index, policy="identity:list_services", query=FILTERS[Service]),
    Route("POST", "/v3/services", handlers.create, policy="identity:create_service", status=201, body=schema.CREATE),
    Route("GET", "/v3/services/{service_id}", handlers.show, policy="identity:get_service"),
    Route("PATCH", "/v3/services/{service_id}", handlers.update, policy="identity:update_service", body=schema.UPDATE),
    Route("DELETE", "/v3/services/{service_id}", handlers.delete, policy="identity:delete_service", status=204),
)
