"""Routes of application credentials and access rules."""

from cumulo.api.identity.application_credentials import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.access_rules import FILTERS as RULE_FILTERS
from cumulo.identity.application_credentials import FILTERS

_CREDENTIALS = "/v3/users/{user_id}/application_credentials"
_RULES = "/v3/users/{user_id}/access_rules"

# Whose they are is in the path: handlers ask policy about that user.
ROUTES = (
    Route("GET", _CREDENTIALS, handlers.index, policy="rule:any_token", query=FILTERS),
    Route("POST", _CREDENTIALS, handlers.create, policy="rule:any_token", status=201, body=schema.CREATE),
    Route("GET", f"{_CREDENTIALS}/{{application_credential_id}}", handlers.show, policy="rule:any_token"),
    Route("DELETE", f"{_CREDENTIALS}/{{application_credential_id}}", handlers.delete, policy="rule:any_token",
          status=204),
    Route("GET", _RULES, handlers.list_rules, policy="rule:any_token", query=RULE_FILTERS),
    Route("GET", f"{_RULES}/{{access_rule_id}}", handlers.show_rule, policy="rule:any_token"),
    Route("DELETE", f"{_RULES}/{{access_rule_id}}", handlers.delete_rule, policy="rule:any_token", status=204),
)
