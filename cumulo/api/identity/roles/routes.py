"""Routes of roles."""

from cumulo.api.identity.roles import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.roles import FILTERS

_RULE = "/v3/roles/{role_id}/implies/{implied_role_id}"

ROUTES = (
    Route("GET", "/v3/roles", handlers.index, policy="rule:any_token", query=(*FILTERS, "domain_id")),
    Route("POST", "/v3/roles", handlers.create, policy="identity:create_role", status=201, body=schema.CREATE),
    Route("GET", "/v3/roles/{role_id}", handlers.show, policy="identity:get_role"),
    Route("PATCH", "/v3/roles/{role_id}", handlers.update, policy="identity:update_role", body=schema.UPDATE),
    Route("DELETE", "/v3/roles/{role_id}", handlers.delete, policy="identity:delete_role", status=204),
    Route("GET", "/v3/roles/{role_id}/implies", handlers.list_implied, policy="identity:list_implied_roles"),
    Route("PUT", _RULE, handlers.imply, policy="identity:create_implied_role", status=201),
    Route("GET", _RULE, handlers.show_implied, policy="identity:get_implied_role"),
    Route("HEAD", _RULE, handlers.check_implied, policy="identity:check_implied_role", status=204),
    Route("DELETE", _RULE, handlers.imply_no_more, policy="identity:delete_implied_role", status=204),
    Route("GET", "/v3/role_inferences", handlers.list_inferences, policy="identity:list_role_inference_rules"),
)
