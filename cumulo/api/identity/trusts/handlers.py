"""Trusts: create, list, show, delete. A trust between others is not found."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.common import changing, collection, moment_of, query_of, require_own_rights, validator
from cumulo.api.identity.trusts import view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import lookup, trusts, users
from cumulo.identity.model import Scope, Trust
from cumulo.identity.trusts import DEFAULT_REDELEGATIONS, Made

NOBODYS = {"user_id": ""}


def create(request: Request) -> dict[str, Any]:
    """Let another user work with roles of the caller; with a trust's own token, hand that trust on."""
    services, values = request.services, request.body["trust"]
    request.authorize("identity:create_trust", {"user_id": values["trustor_user_id"]})
    parent = _parent(request)
    trustor_id = parent.trustor_user_id if parent else values["trustor_user_id"]
    with services.database.read() as connection:
        users.get(connection, values["trustee_user_id"])
        wanted = Made(
            trustor_user_id=trustor_id,
            trustee_user_id=values["trustee_user_id"], project_id=values.get("project_id"),
            impersonation=values["impersonation"], expires_at=moment_of(request, values.get("expires_at")),
            remaining_uses=values.get("remaining_uses"), redelegation_count=_redelegations(values, parent),
            redelegated_trust_id=parent.id if parent else None, role_ids=_role_ids(connection, trustor_id, values))
    if parent is not None:
        trusts.check_handed_on(parent, wanted)
    with services.database.write() as connection:
        if wanted.project_id is not None:
            services.tokens.hold(connection, wanted.project_id)
        made = trusts.create(connection, services.ids, services.clock.now(), wanted)
    return {"trust": view.trust(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List trusts: those that the caller is the named party of, or everybody's for those who may see them."""
    query, own_id = query_of(request), request.context.user_id
    trustor, trustee = query.get("trustor_user_id"), query.get("trustee_user_id")
    request.authorize("identity:list_trusts", {"user_id": own_id} if own_id in (trustor, trustee) else NOBODYS)
    with request.services.database.read() as connection:
        found = trusts.listed(connection, request.services.clock.now(), trustor, trustee)
    return collection(request, "trusts", [view.trust(request, each, with_roles=False) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a trust."""
    with request.services.database.read() as connection:
        return {"trust": view.trust(request, _found(request, connection, "identity:get_trust"))}


def delete(request: Request) -> None:
    """Delete a trust, and what was handed on from it; their tokens are refused from now on."""
    require_own_rights(request)
    with changing(request) as (connection, record):
        # Tokens of one that is used up are still good: its trustor must be able to end them.
        found = _found(request, connection, "identity:delete_trust", is_spent_too=True)
        request.authorize("identity:delete_trust", {"user_id": found.trustor_user_id})
        trusts.delete(connection, record, found.id)


def list_roles(request: Request) -> dict[str, Any]:
    """List the roles of a trust."""
    with request.services.database.read() as connection:
        found = _found(request, connection, "identity:list_roles_for_trust")
    return collection(request, "roles", [view.role(request, each) for each in found.roles])


def show_role(request: Request) -> dict[str, Any]:
    """Return a role of a trust."""
    role_id = request.params["role_id"]
    with request.services.database.read() as connection:
        found = _found(request, connection, "identity:get_role_for_trust")
    for each in found.roles:
        if each.id == role_id:
            return {"role": view.role(request, each)}
    raise errors.NotFound(f"Could not find role: {role_id}.")


def _found(request: Request, connection: sa.Connection, rule: str, *, is_spent_too: bool = False) -> Trust:
    """Return the trust of the path if the caller is a party to it, or policy lets them at everybody's."""
    only_user = None if request.may(rule, NOBODYS) else request.context.user_id
    return trusts.get(connection, request.services.clock.now(), request.params["trust_id"], only_user=only_user,
                      is_spent_too=is_spent_too)


def _parent(request: Request) -> Trust | None:
    """Return the trust of the caller's token, which is to be handed on; Forbidden for other borrowed rights."""
    parent = validator(request).inspect(request.headers["X-Auth-Token"]).facts.trust
    if parent is None:
        require_own_rights(request)
    return parent


def _redelegations(values: Mapping[str, Any], parent: Trust | None) -> int:
    if not values.get("allow_redelegation"):
        return 0
    if values.get("remaining_uses") is not None:
        raise errors.BadRequest("A trust that may be handed on cannot have remaining_uses.")
    most = parent.redelegation_count - 1 if parent else DEFAULT_REDELEGATIONS
    wanted: int | None = values.get("redelegation_count")
    if wanted is not None and wanted > most:
        raise errors.Forbidden(f"This trust may be handed on {max(most, 0)} times at most.")
    return most if wanted is None else wanted


def _role_ids(connection: sa.Connection, trustor_id: str, values: Mapping[str, Any]) -> list[str]:
    """Return the roles to hand on; Forbidden for none at all, NotFound for one that the trustor has not there."""
    project_id, wanted = values.get("project_id"), values.get("roles") or []
    if (project_id is None) != (not wanted):
        raise errors.Forbidden("A trust has a project and at least one role, or neither.")
    scope = Scope("project", project_id) if project_id is not None else Scope()
    held = lookup.effective_roles(connection, trustor_id, scope)
    return list(dict.fromkeys(_held(held, each) for each in wanted))


def _held(held: Any, wanted: Mapping[str, str]) -> str:
    for role in held:
        if role.id == wanted.get("id") or ("id" not in wanted and role.name == wanted["name"]):
            return str(role.id)
    raise errors.NotFound(f"Could not find role: {wanted.get('id') or wanted['name']}.")
