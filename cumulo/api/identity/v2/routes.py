"""Routes of version 2.0."""

from cumulo.api.identity.v2 import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2.0", handlers.version, policy=None),
    Route("POST", "/v2.0/tokens", handlers.log_in, policy=None, body=schema.LOGIN, keeps=False),
    # Who may look at which token is decided when the token is known.
    Route("GET", "/v2.0/tokens/{token_id}", handlers.show, policy="rule:any_token"),
    Route("GET", "/v2.0/tenants", handlers.list_tenants, policy="identity:v2_list_tenants"),
)
