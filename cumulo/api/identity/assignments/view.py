"""Role assignments as JSON."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables import identity as tables
from cumulo.identity import domains, lookup, roles
from cumulo.identity.model import Assignment


class Names:
    """Names for ids, each looked up once; made and used within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], dict[str, Any]] = {}

    def of(self, kind: str, record_id: str) -> dict[str, Any]:
        """Return {"id", "name"} of a user, project, domain or role, with the domain of the first two."""
        key = (kind, record_id)
        if key not in self._known:
            self._known[key] = {"id": record_id} | self._look_up(kind, record_id)
        return self._known[key]

    def _look_up(self, kind: str, record_id: str) -> dict[str, Any]:
        if kind == "role":
            return {"name": roles.get(self._connection, record_id).name}
        if kind == "domain":
            return {"name": domains.get(self._connection, record_id).name}
        found = lookup.named(self._connection, tables.user if kind == "user" else tables.project, record_id)
        if found is None:
            return {}
        return {"name": found.name, "domain": {"id": found.domain_id, "name": found.domain_name}}


def assignment(request: Request, record: Assignment, names: Names | None) -> dict[str, Any]:
    """Return an assignment; with names, each id has its name beside it."""
    def of(kind: str, record_id: str) -> dict[str, Any]:
        return names.of(kind, record_id) if names else {"id": record_id}

    scope = record.scope
    links = {"assignment": _url(request, record, record.prior_role_id or record.role_id)}
    if record.prior_role_id:
        links["prior_role"] = link(request, "prior_role", record.prior_role_id, "implies", record.role_id)
    return {"role": of("role", record.role_id), "user": of("user", record.user_id), "links": links,
            "scope": {"system": {"all": True}} if scope.kind == "system" else {scope.kind: of(scope.kind, scope.id)}}


def _url(request: Request, record: Assignment, role_id: str) -> str:
    target = ("system",) if record.scope.kind == "system" else (f"{record.scope.kind}s", record.scope.id)
    return link(request, *target, "users", record.user_id, "roles", role_id)
