"""Routes of policies."""

from cumulo.api.identity.stored_policies import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.stored_policies import FILTERS

ROUTES = (
    Route("GET", "/v3/policies", handlers.index, policy="identity:list_policies", query=FILTERS),
    Route("POST", "/v3/policies", handlers.create, policy="identity:create_policy", status=201, body=schema.CREATE),
    Route("GET", "/v3/policies/{policy_id}", handlers.show, policy="identity:get_policy"),
    Route("PATCH", "/v3/policies/{policy_id}", handlers.update, policy="identity:update_policy", body=schema.UPDATE),
    Route("DELETE", "/v3/policies/{policy_id}", handlers.delete, policy="identity:delete_policy", status=204),
)
