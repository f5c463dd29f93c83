"""Domains: they hold users and projects, and take them along when they go."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import groups, immutable, lookup, projects, roles, rows, users
from cumulo.identity.model import Domain, Scope
from cumulo.identity.revocations import Recorder

CLASH = "A domain with this name or id exists already."
FILTERS = ("id", "name", "enabled")


def find(connection: sa.Connection, domain_id: str) -> Domain | None:
    """Return a domain, or None."""
    return lookup.domain_by_id(connection, domain_id)


def get(connection: sa.Connection, domain_id: str) -> Domain:
    """Return a domain; raises NotFound."""
    domain = find(connection, domain_id)
    if domain is None:
        raise errors.NotFound(f"Could not find domain: {domain_id}.")
    return domain


def listed(connection: sa.Connection, query: Mapping[str, str], *, only: set[str] | None = None) -> list[Domain]:
    """Return the domains that fit a query string, by name; only restricts them to these ids."""
    table = tables.domain
    statement = sa.select(table).where(*rows.conditions(table, FILTERS, query)).order_by(table.c.name)
    if only is not None:
        statement = statement.where(table.c.id.in_(only))
    return [lookup.as_domain(row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any], *,
           domain_id: str | None = None) -> Domain:
    """Insert a domain and return it; raises Conflict for a name in use."""
    row = {"id": domain_id or rows.new_id(ids), "created_at": now, "name": values["name"],
           "description": values.get("description") or "", "enabled": values.get("enabled", True),
           "tags": list(values.get("tags") or ()), "options": values.get("options") or {}}
    rows.insert(connection, tables.domain, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, domain_id: str, values: Mapping[str, Any]) -> Domain:
    """Change name, description, enabled or tags; disabling refuses every token of the domain."""
    changes = projects.changed_columns(values)
    changes["options"] = immutable.changed_options(
        "domain", domain_id, get(connection, domain_id).options, values)
    rows.update(connection, tables.domain, domain_id, changes, CLASH)
    if values.get("enabled") is False:
        record.domain(domain_id)
    else:
        record.change()
    return get(connection, domain_id)


def delete(connection: sa.Connection, record: Recorder, domain_id: str) -> None:
    """Delete a disabled domain with its users, groups, projects, roles and assignments; Forbidden while enabled."""
    domain = get(connection, domain_id)
    immutable.refuse_deletion("domain", domain_id, domain.options)
    if domain.enabled:
        raise errors.Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    record.domain(domain_id)
    for user in users.listed(connection, {"domain_id": domain_id}):
        users.delete(connection, record, user.id)
    for project in projects.listed(connection, {"domain_id": domain_id}):
        projects.remove(connection, record, project.id)
    for group in groups.listed(connection, {"domain_id": domain_id}):
        groups.delete(connection, record, group.id)
    for role in roles.listed(connection, {"domain_id": domain_id}):
        roles.remove(connection, record, role.id)
    projects.forget_target(connection, Scope("domain", domain_id))
    rows.delete(connection, sa.delete(tables.domain).where(tables.domain.c.id == domain_id),
                "The domain has got new users or projects.")
