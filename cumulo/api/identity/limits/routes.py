"""Routes of limits."""

from cumulo.api.identity.limits import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.limits import FILTERS

ROUTES = (
    Route("GET", "/v3/limits/model", handlers.model, policy="identity:get_limit_model"),
    Route("GET", "/v3/limits", handlers.index, policy="identity:list_limits", query=FILTERS),
    Route("POST", "/v3/limits", handlers.create, policy="identity:create_limits", status=201, body=schema.CREATE),
    # Whose limit one may see is decided by the statement that looks for it.
    Route("GET", "/v3/limits/{limit_id}", handlers.show, policy="rule:any_token"),
    Route("PATCH", "/v3/limits/{limit_id}", handlers.update, policy="identity:update_limit", body=schema.UPDATE),
    Route("DELETE", "/v3/limits/{limit_id}", handlers.delete, policy="identity:delete_limit", status=204),
)
