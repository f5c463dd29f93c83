"""What creating and changing things of the network API have in common.

A request's body becomes columns, a change may hold only for a known revision, and the hosts it concerns are rung after
the commit. The five routes that most things have are in lifecycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.network import desired

Body = Mapping[str, Any]
Row = dict[str, Any]

_CONDITION = re.compile(r'"?revision_number=(\d{1,9})"?')
_IDENTITY = ("project_id", "tenant_id")


def schema_create(name: str, collection: str, item: dict[str, Any]) -> dict[str, Any]:
    """The schema of a create: {"port": {...}} or {"ports": [{...}, ...]}."""
    many = {"type": "array", "items": item, "minItems": 1}
    return {"type": "object", "properties": {name: item, collection: many}, "additionalProperties": False,
            "minProperties": 1, "maxProperties": 1}


def schema_update(name: str, item: dict[str, Any]) -> dict[str, Any]:
    """The schema of a change: {"port": {...}}."""
    return {"type": "object", "properties": {name: item}, "additionalProperties": False, "required": [name]}


def project_of(request: Request, connection: sa.Connection, body: Body, rule: str) -> str:
    """The project the new thing belongs to, held; Forbidden to name another one without the right to."""
    named = {body[key] for key in _IDENTITY if key in body}
    if len(named) > 1:
        raise errors.BadRequest("project_id and tenant_id differ.", kind="HTTPBadRequest")
    project_id = next(iter(named), request.context.project_id)
    if not project_id:
        raise errors.BadRequest("A project is needed: the token has none.", kind="HTTPBadRequest")
    request.authorize(rule, {"project_id": project_id})
    request.services.tokens.hold(connection, str(project_id))
    return str(project_id)


def columns(body: Body, names: Mapping[str, str], without: Iterable[str] = ()) -> Row:
    """The body's attributes under the names of their columns."""
    left_out = {*_IDENTITY, *without}
    return {names.get(name, name): value for name, value in body.items() if name not in left_out}


def authorize_attributes(request: Request, body: Body, rules: Mapping[str, str], target: Row) -> None:
    """Raise Forbidden when the body sets an attribute whose own rule does not let the caller."""
    for name, rule in rules.items():
        if name in body:
            request.authorize(rule, target)


def check_revision(request: Request, row: Row) -> None:
    """Raise PreconditionFailed when the caller's If-Match names another revision than the row's."""
    condition = request.headers.get("If-Match")
    if condition is None:
        return
    match = _CONDITION.fullmatch(condition.strip())
    if match is None:
        raise errors.BadRequest("If-Match is not of the form revision_number=N.", kind="HTTPBadRequest")
    if int(match[1]) != row["revision_number"]:
        raise errors.PreconditionFailed(
            f"Constrained to {match[1]}, but current revision is {row['revision_number']}.",
            kind="RevisionNumberConstraintFailed")


def hosts_of(connection: sa.Connection, network_ids: Iterable[str]) -> set[str]:
    """The hosts on which these networks are."""
    return {host for network_id in network_ids for host in desired.hosts_of_network(connection, network_id)}


def ring(request: Request, hosts: Iterable[str]) -> None:
    """Tell the hosts' agents, after the commit, that there is something to look at."""
    for host in sorted(hosts):
        request.ring(f"network.{host}", "network_changed")
