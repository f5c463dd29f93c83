"""Role assignments as JSON."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables import identity as tables
from cumulo.identity import domains, groups, lookup, roles
from cumulo.identity.model import Assignment


class Names:
    """Names for ids, each looked up once; made and used within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def of(self, kind: str, record_id: str) -> dict[str, Any]:
        """Return {"id", "name"} of a user, group, project, domain or role, with its domain where it has one."""
        key = (kind, record_id)
        if key not in self._known:
            self._known[key] = {"id": record_id} | self._look_up(kind, record_id)
        return self._known[key]

    def _look_up(self, kind: str, record_id: str) -> dict[str, Any]:
        if kind == "role":
            role = roles.get(self._connection, record_id)
            return {"name": role.name} | ({"domain": self.of("domain", role.domain_id)} if role.domain_id else {})
        if kind == "domain":
            return {"name": domains.get(self._connection, record_id).name}
        if kind == "group":
            group = groups.get(self._connection, record_id)
            return {"name": group.name, "domain": self.of("domain", group.domain_id)}
        found = lookup.named(self._connection, tables.user if kind == "user" else tables.project, record_id)
        if found is None:
            return {}
        return {"name": found.name, "domain": {"id": found.domain_id, "name": found.domain_name}}


def assignment(request: Request, record: Assignment, names: Names | None) -> dict[str, Any]:
    """Return an assignment; with names, each id has its name beside it."""
    def of(kind: str, record_id: str) -> dict[str, Any]:
        return names.of(kind, record_id) if names else {"id": record_id}

    scope, given = record.target.scope, record.source or record
    is_system = scope.kind == "system"
    shown: dict[str, Any] = {"system": {"all": True}} if is_system else {scope.kind: of(scope.kind, scope.id)}
    if given.target.is_inherited:
        shown["OS-INHERIT:inherited_to"] = "projects"
    return {"role": of("role", record.role_id), record.actor.kind: of(record.actor.kind, record.actor.id),
            "scope": shown, "links": _links(request, record, given)}


def _links(request: Request, record: Assignment, given: Assignment) -> dict[str, str]:
    """Return where the assignment was made, and by which membership and implied role this one follows from it."""
    links = {"assignment": _url(request, given)}
    if given.actor != record.actor:
        links["membership"] = link(request, "groups", given.actor.id, "users", record.actor.id)
    if given.role_id != record.role_id:
        links["prior_role"] = link(request, "prior_role", given.role_id, "implies", record.role_id)
    return links


def _url(request: Request, given: Assignment) -> str:
    scope = given.target.scope
    target = ("system",) if scope.kind == "system" else (f"{scope.kind}s", scope.id)
    parts = (*target, f"{given.actor.kind}s", given.actor.id, "roles", given.role_id)
    if given.target.is_inherited:
        parts = ("OS-INHERIT", *parts, "inherited_to_projects")
    return link(request, *parts)
