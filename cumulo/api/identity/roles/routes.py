"""Routes of roles."""

from cumulo.api.identity.roles import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.roles import FILTERS

ROUTES = (
    Route("GET", "/v3/roles", handlers.index, policy="identity:list_roles", query=(*FILTERS, "domain_id")),
    Route("POST", "/v3/roles", handlers.create, policy="identity:create_role", status=201, body=schema.CREATE),
    Route("GET", "/v3/roles/{role_id}", handlers.show, policy="identity:get_role"),
    Route("PATCH", "/v3/roles/{role_id}", handlers.update, policy="identity:update_role", body=schema.UPDATE),
    Route("DELETE", "/v3/roles/{role_id}", handlers.delete, policy="identity:delete_role", status=204),
)
