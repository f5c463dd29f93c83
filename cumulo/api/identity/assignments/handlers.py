"""Who has which role where: give, check, take, list."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.assignments import view
from cumulo.api.identity.common import changing, collection, query_of
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import assignments, groups, projects, roles, rows, users
from cumulo.identity.assignments import Wanted
from cumulo.identity.model import SYSTEM, Actor, Scope, ScopeKind, Target

INHERITED = "scope.OS-INHERIT:inherited_to"
QUERY = ("user.id", "group.id", "role.id", "scope.project.id", "scope.domain.id", "scope.system", INHERITED,
         "effective", "include_names", "include_subtree")


def give(request: Request) -> None:
    """Give a user or group a role on the target in the path."""
    with changing(request) as (connection, record):
        assignments.give(connection, record, _actor(request), _target(request), request.params["role_id"])


def take(request: Request) -> None:
    """Take a role on the target in the path from a user or group."""
    with changing(request) as (connection, record):
        assignments.take(connection, record, _actor(request), _target(request), request.params["role_id"])


def check(request: Request) -> None:
    """Answer 204 if the user or group was given the role on the target in the path, else 404."""
    actor, target, role_id = _actor(request), _target(request), request.params["role_id"]
    _authorize(request, "identity:check_grant", target.scope)
    with request.services.database.read() as connection:
        assignments.check_scope(connection, target.scope)
        if not assignments.has(connection, actor, target, role_id):
            _check_actor(request, connection, actor)
            roles.get(connection, role_id)
            raise assignments.not_given(actor, role_id)


def index(request: Request) -> dict[str, Any]:
    """List the roles the user or group was given on the target in the path."""
    actor, target = _actor(request), _target(request)
    _authorize(request, "identity:list_grants", target.scope)
    with request.services.database.read() as connection:
        assignments.check_scope(connection, target.scope)
        found = assignments.roles_of(connection, actor, target)
        if not found:
            _check_actor(request, connection, actor)
    return collection(request, "roles", [views.role(request, each) for each in found])


def _check_actor(request: Request, connection: sa.Connection, actor: Actor) -> None:
    """Raise NotFound for a user or group that has no role here and does not exist, or not for the caller."""
    found = users.find(connection, actor.id) if actor.kind == "user" else groups.find(connection, actor.id)
    target = {"domain_id": found.domain_id if found else ""}
    if actor.kind == "user":
        target["user_id"] = actor.id
    if not request.may(f"identity:get_{actor.kind}", target) or found is None:
        raise errors.NotFound(f"Could not find {actor.kind}: {actor.id}.")


def list_assignments(request: Request) -> dict[str, Any]:
    """List role assignments: those that were given, or with `effective` what they come to for users."""
    query = query_of(request)
    wanted = _wanted(query)
    rule = "identity:list_role_assignments_for_tree" if wanted.subtree else "identity:list_role_assignments"
    if wanted.scope is None:
        request.authorize(rule, {"domain_id": "", "project_id": ""})
    else:
        _authorize(request, rule, wanted.scope)
    with request.services.database.read() as connection:
        found = assignments.listed(connection, wanted)
        names = view.Names(connection) if _flag(query, "include_names") else None
        shown = [view.assignment(request, each, names) for each in found]
    return collection(request, "role_assignments", shown)


def _actor(request: Request) -> Actor:
    if "group_id" in request.params:
        return Actor("group", request.params["group_id"])
    return Actor("user", request.params["user_id"])


def _target(request: Request) -> Target:
    is_inherited = request.raw_request.path_info.startswith("/v3/OS-INHERIT/")
    if "project_id" in request.params:
        return Target(Scope("project", request.params["project_id"]), is_inherited)
    if "domain_id" in request.params:
        return Target(Scope("domain", request.params["domain_id"]), is_inherited)
    return Target(SYSTEM)


def _wanted(query: dict[str, str]) -> Wanted:
    """Return what a query asks for; raises BadRequest for what contradicts itself."""
    wanted = Wanted(
        query.get("user.id"), query.get("group.id"), query.get("role.id"), _wanted_scope(query),
        subtree=_flag(query, "include_subtree"), inherited=INHERITED in query, effective=_flag(query, "effective"))
    if wanted.user_id is not None and wanted.group_id is not None:
        raise errors.BadRequest("Role assignments are of a user or of a group: name one of them.")
    if wanted.effective and wanted.group_id is not None:
        raise errors.BadRequest("Effective assignments are those of users: a group has none.")
    if wanted.effective and wanted.inherited and wanted.scope is not None and wanted.scope.kind != "project":
        raise errors.BadRequest("What is inherited takes effect on projects only.")
    if wanted.inherited and query[INHERITED] != "projects":
        raise errors.BadRequest(f"{INHERITED} can only be projects.")
    if wanted.subtree and (wanted.scope is None or wanted.scope.kind != "project"):
        raise errors.BadRequest("include_subtree needs scope.project.id.")
    return wanted


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
        domain_id = (project.domain_id if project else None) or ""
    request.authorize(rule, {"domain_id": domain_id, "project_id": scope.id if scope.kind == "project" else ""})
