"""Who has which role where: give, check, take, list."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.assignments import view
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import assignments, projects, roles, rows, users
from cumulo.identity.assignments import Wanted
from cumulo.identity.model import SYSTEM, Scope, ScopeKind

QUERY = ("user.id", "group.id", "role.id", "scope.project.id", "scope.domain.id", "scope.system", "effective",
         "include_names")


def give(request: Request) -> None:
    """Give a user a role on the target in the path."""
    with changing(request) as (connection, record):
        assignments.give(connection, record, request.params["user_id"], _scope(request), request.params["role_id"])


def take(request: Request) -> None:
    """Take a role on the target in the path from a user."""
    with changing(request) as (connection, record):
        assignments.take(connection, record, request.params["user_id"], _scope(request), request.params["role_id"])


def check(request: Request) -> None:
    """Answer 204 if the user was given the role on the target in the path, else 404."""
    user_id, scope, role_id = request.params["user_id"], _scope(request), request.params["role_id"]
    _authorize(request, "identity:check_grant", scope)
    with request.services.database.read() as connection:
        assignments.check_scope(connection, scope)
        if not assignments.has(connection, user_id, scope, role_id):
            _check_user(request, connection, user_id)
            roles.get(connection, role_id)
            raise errors.NotFound(f"Could not find role assignment with role: {role_id}, user: {user_id}.")


def index(request: Request) -> dict[str, Any]:
    """List the roles the user was given on the target in the path."""
    user_id, scope = request.params["user_id"], _scope(request)
    _authorize(request, "identity:list_grants", scope)
    with request.services.database.read() as connection:
        assignments.check_scope(connection, scope)
        found = assignments.roles_of(connection, user_id, scope)
        if not found:
            _check_user(request, connection, user_id)
    return collection(request, "roles", [views.role(request, each) for each in found])


def _check_user(request: Request, connection: sa.Connection, user_id: str) -> None:
    """Raise NotFound for a user who has no role here and does not exist, or not for the caller."""
    user = users.find(connection, user_id)
    target = {"user_id": user_id, "domain_id": user.domain_id if user else ""}
    if not request.may("identity:get_user", target) or user is None:
        raise errors.NotFound(f"Could not find user: {user_id}.")


def list_assignments(request: Request) -> dict[str, Any]:
    """List role assignments; there are no groups here, so asking for those of one gives none."""
    query = query_of(request)
    scope = _wanted_scope(query)
    if scope is None:
        request.authorize("identity:list_role_assignments", {"domain_id": ""})
    else:
        _authorize(request, "identity:list_role_assignments", scope)
    wanted = Wanted(query.get("user.id"), query.get("role.id"), scope, _flag(query, "effective"))
    with request.services.database.read() as connection:
        found = [] if "group.id" in query else assignments.listed(connection, wanted)
        names = view.Names(connection) if _flag(query, "include_names") else None
        shown = [view.assignment(request, each, names) for each in found]
    return collection(request, "role_assignments", shown)


def _scope(request: Request) -> Scope:
    if "project_id" in request.params:
        return Scope("project", request.params["project_id"])
    if "domain_id" in request.params:
        return Scope("domain", request.params["domain_id"])
    return SYSTEM


def _wanted_scope(query: dict[str, str]) -> Scope | None:
    kinds: tuple[ScopeKind, ...] = ("project", "domain")
    named = [Scope(kind, query[f"scope.{kind}.id"]) for kind in kinds if f"scope.{kind}.id" in query]
    if _flag(query, "scope.system"):
        named.append(SYSTEM)
    if len(named) > 1:
        raise errors.BadRequest("Role assignments have one scope: name a project, a domain or the system.")
    return named[0] if named else None


def _flag(query: dict[str, str], name: str) -> bool:
    return name in query and rows.is_true(query[name])


def _authorize(request: Request, rule: str, scope: Scope) -> None:
    """Ask policy about the domain that the target is or lies in."""
    domain_id = scope.id if scope.kind == "domain" else ""
    if scope.kind == "project":
        with request.services.database.read() as connection:
            project = projects.find(connection, scope.id)
        domain_id = project.domain_id if project else ""
    request.authorize(rule, {"domain_id": domain_id})
