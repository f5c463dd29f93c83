"""Routes of logging in and of tokens."""

from cumulo.api.identity.auth import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    # A log-in that is sent again gives another token and takes nothing from the first one; none is ever stored.
    Route("POST", "/v3/auth/tokens", handlers.log_in, policy=None, status=201, body=schema.LOGIN, keeps=False),
    # Who may look at which token is decided when the token is known.
    Route("GET", "/v3/auth/tokens", handlers.show, policy="rule:any_token"),
    Route("HEAD", "/v3/auth/tokens", handlers.check, policy="rule:any_token"),
    Route("DELETE", "/v3/auth/tokens", handlers.revoke, policy="rule:any_token", status=204),
    Route("GET", "/v3/auth/catalog", handlers.own_catalog, policy="identity:get_auth_catalog"),
    Route("GET", "/v3/auth/projects", handlers.own_projects, policy="identity:get_auth_projects"),
    Route("GET", "/v3/auth/domains", handlers.own_domains, policy="identity:get_auth_domains"),
    Route("GET", "/v3/auth/system", handlers.own_system, policy="identity:get_auth_system"),
)
