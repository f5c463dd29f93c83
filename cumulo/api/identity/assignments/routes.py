"""Routes of role assignments: the same five for users and groups, on projects, on domains and on the system.

Below OS-INHERIT a role is given on all projects below a project or domain, instead of on it.
"""

from cumulo.api.identity.assignments import handlers
from cumulo.api.wsgi.route import Route

_TARGETS = ("/v3/projects/{project_id}", "/v3/domains/{domain_id}", "/v3/system",
            "/v3/OS-INHERIT/projects/{project_id}", "/v3/OS-INHERIT/domains/{domain_id}")
_ACTORS = ("users/{user_id}", "groups/{group_id}")


def _on(target: str, actor: str) -> tuple[Route, ...]:
    inherited = "/inherited_to_projects" if "OS-INHERIT" in target else ""
    all_of = f"{target}/{actor}/roles"
    one = f"{all_of}/{{role_id}}{inherited}"
    return (
        Route("GET", all_of + inherited, handlers.index, policy="rule:any_token"),
        Route("PUT", one, handlers.give, policy="identity:create_grant", status=204),
        Route("HEAD", one, handlers.check, policy="rule:any_token", status=204),
        Route("GET", one, handlers.check, policy="rule:any_token", status=204),
        Route("DELETE", one, handlers.take, policy="identity:revoke_grant", status=204),
    )


ROUTES = (
    *(route for target in _TARGETS for actor in _ACTORS for route in _on(target, actor)),
    Route("GET", "/v3/role_assignments", handlers.list_assignments, policy="rule:any_token", query=handlers.QUERY),
)
