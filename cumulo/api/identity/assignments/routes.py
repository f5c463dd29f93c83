"""Routes of role assignments: the same five on projects, on domains and on the system."""

from cumulo.api.identity.assignments import handlers
from cumulo.api.wsgi.route import Route

_TARGETS = ("/v3/projects/{project_id}", "/v3/domains/{domain_id}", "/v3/system")


def _on(target: str) -> tuple[Route, ...]:
    of_user = f"{target}/users/{{user_id}}/roles"
    one = f"{of_user}/{{role_id}}"
    return (
        Route("GET", of_user, handlers.index, policy="rule:any_token"),
        Route("PUT", one, handlers.give, policy="identity:create_grant", status=204),
        Route("HEAD", one, handlers.check, policy="rule:any_token", status=204),
        Route("GET", one, handlers.check, policy="rule:any_token", status=204),
        Route("DELETE", one, handlers.take, policy="identity:revoke_grant", status=204),
    )


ROUTES = (
    *(route for target in _TARGETS for route in _on(target)),
    Route("GET", "/v3/role_assignments", handlers.list_assignments, policy="rule:any_token", query=handlers.QUERY),
)
