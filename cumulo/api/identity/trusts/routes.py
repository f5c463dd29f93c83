"""Routes of trusts."""

from cumulo.api.identity.trusts import handlers, schema
from cumulo.api.wsgi.route import Route
from cumulo.identity.trusts import FILTERS

_TRUSTS = "/v3/OS-TRUST/trusts"

# Who is a party to a trust decides, and is known only when it has been found.
ROUTES = (
    Route("GET", _TRUSTS, handlers.index, policy="rule:any_token", query=FILTERS),
    Route("POST", _TRUSTS, handlers.create, policy="rule:any_token", status=201, body=schema.CREATE),
    Route("GET", f"{_TRUSTS}/{{trust_id}}", handlers.show, policy="rule:any_token"),
    Route("DELETE", f"{_TRUSTS}/{{trust_id}}", handlers.delete, policy="rule:any_token", status=204),
    Route("GET", f"{_TRUSTS}/{{trust_id}}/roles", handlers.list_roles, policy="rule:any_token"),
    Route("GET", f"{_TRUSTS}/{{trust_id}}/roles/{{role_id}}", handlers.show_role, policy="rule:any_token"),
)
