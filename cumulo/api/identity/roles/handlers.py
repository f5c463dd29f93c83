"""Roles: create, list, show, change, delete, and which of them imply others."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, link, query_of, self_url
from cumulo.api.wsgi.route import Request
from cumulo.identity import roles
from cumulo.identity.model import Role


def create(request: Request) -> dict[str, Any]:
    """Create a role."""
    services = request.services
    with services.database.write() as connection:
        made = roles.create(connection, services.ids, services.clock.now(), request.body["role"])
    return {"role": views.role(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List the roles of the whole cloud, or those of a domain's own."""
    query = query_of(request)
    if query.get("domain_id"):
        request.authorize("identity:list_domain_roles", {"domain_id": query["domain_id"]})
    else:
        request.authorize("identity:list_roles")
    with request.services.database.read() as connection:
        found = roles.listed(connection, query)
    return collection(request, "roles", [views.role(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a role."""
    with request.services.database.read() as connection:
        found = roles.get(connection, request.params["role_id"])
    return {"role": views.role(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a role's name or description."""
    with changing(request) as (connection, record):
        changed = roles.update(connection, record, request.params["role_id"], request.body["role"])
    return {"role": views.role(request, changed)}


def delete(request: Request) -> None:
    """Delete a role and take it from everybody."""
    with changing(request) as (connection, record):
        roles.delete(connection, record, request.params["role_id"])


def imply(request: Request) -> dict[str, Any]:
    """Let a role imply another."""
    with changing(request) as (connection, record):
        prior, after = _pair(request, connection)
        roles.imply(connection, record, prior, after)
    return _inference(request, prior, after)


def imply_no_more(request: Request) -> None:
    """Let a role imply another no more."""
    with changing(request) as (connection, record):
        roles.imply_no_more(connection, record, *_pair(request, connection))


def show_implied(request: Request) -> dict[str, Any]:
    """Return the rule by which a role implies another."""
    with request.services.database.read() as connection:
        prior, after = _pair(request, connection)
        if after not in roles.implied_by(connection, prior.id):
            raise roles.not_implied(prior, after)
    return _inference(request, prior, after)


def check_implied(request: Request) -> None:
    """Answer 204 if a role implies another, else 404."""
    show_implied(request)


def list_implied(request: Request) -> dict[str, Any]:
    """List the roles that a role implies itself."""
    with request.services.database.read() as connection:
        prior = roles.get(connection, request.params["role_id"])
        after = roles.implied_by(connection, prior.id)
    return {"role_inference": _rule(request, prior, after), "links": {"self": self_url(request)}}


def list_inferences(request: Request) -> dict[str, Any]:
    """List every role that implies others, with those it implies itself."""
    with request.services.database.read() as connection:
        found = roles.inferences(connection)
    return {"role_inferences": [_rule(request, prior, after) for prior, after in found],
            "links": {"self": self_url(request)}}


def _pair(request: Request, connection: sa.Connection) -> tuple[Role, Role]:
    return (roles.get(connection, request.params["role_id"]),
            roles.get(connection, request.params["implied_role_id"]))


def _inference(request: Request, prior: Role, after: Role) -> dict[str, Any]:
    return {"role_inference": {"prior_role": _named(request, prior), "implies": _named(request, after)},
            "links": {"self": link(request, "roles", prior.id, "implies", after.id)}}


def _rule(request: Request, prior: Role, after: list[Role]) -> dict[str, Any]:
    return {"prior_role": _named(request, prior), "implies": [_named(request, each) for each in after]}


def _named(request: Request, role: Role) -> dict[str, Any]:
    return {"id": role.id, "name": role.name, "links": {"self": link(request, "roles", role.id)}}
