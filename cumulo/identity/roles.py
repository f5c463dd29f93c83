"""Roles: names that policy rules test, and which of them imply others."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.identity import immutable, reach, rows
from cumulo.identity.model import Role, target_of
from cumulo.identity.revocations import Recorder

CLASH = "A role with this name exists already."
FILTERS = ("id", "name")
NEVER_IMPLIED = "admin"
WHOLE_CLOUD = ""
"""What the table has for the domain of a role that belongs to none."""


def find(connection: sa.Connection, role_id: str) -> Role | None:
    """Return a role, or None."""
    row = connection.execute(_roles().where(tables.role.c.id == role_id)).one_or_none()
    return None if row is None else of_row(row)


def get(connection: sa.Connection, role_id: str) -> Role:
    """Return a role; raises NotFound."""
    role = find(connection, role_id)
    if role is None:
        raise errors.NotFound(f"Could not find role: {role_id}.")
    return role


def listed(connection: sa.Connection, query: Mapping[str, str]) -> list[Role]:
    """Return the roles that fit a query string, by name: those of the domain it names, else the whole cloud's."""
    table = tables.role
    return [of_row(row) for row in connection.execute(
        _roles().where(table.c.domain_id == (query.get("domain_id") or WHOLE_CLOUD),
                       *rows.conditions(table, FILTERS, query)).order_by(table.c.name))]


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> Role:
    """Insert a role and return it; raises BadRequest for an unknown domain, Conflict for a name in use."""
    domain_id = values.get("domain_id") or WHOLE_CLOUD
    domain = tables.domain
    if domain_id and connection.execute(sa.select(domain.c.id).where(domain.c.id == domain_id)).first() is None:
        raise errors.BadRequest(f"Could not find domain: {domain_id}.")
    row = {"id": rows.new_id(ids), "name": values["name"], "description": values.get("description"),
           "created_at": now, "domain_id": domain_id, "options": values.get("options") or {}}
    rows.insert(connection, tables.role, row, CLASH)
    return get(connection, row["id"])


def update(connection: sa.Connection, record: Recorder, role_id: str, values: Mapping[str, Any]) -> Role:
    """Change a role's name or description."""
    before = get(connection, role_id)
    if values.get("domain_id", before.domain_id) != before.domain_id:
        raise errors.BadRequest("A role's domain cannot be changed.")
    changes = {name: values[name] for name in ("name", "description") if name in values}
    changes["options"] = immutable.changed_options("role", role_id, before.options, values)
    rows.update(connection, tables.role, role_id, changes, CLASH)
    record.change()
    return get(connection, role_id)


def delete(connection: sa.Connection, record: Recorder, role_id: str) -> None:
    """Delete a role; tokens of the users who had it, for where they had it, are refused."""
    immutable.refuse_deletion("role", role_id, get(connection, role_id).options)
    remove(connection, record, role_id)


def remove(connection: sa.Connection, record: Recorder, role_id: str) -> None:
    """Delete a role even where it is immutable: its domain goes."""
    table, of_groups, implies = tables.assignment, tables.group_assignment, tables.role_implication
    held = connection.execute(sa.select(table.c.user_id, table.c.target_kind, table.c.target_id)
                              .where(table.c.role_id == role_id).distinct()).all()
    connection.execute(sa.delete(table).where(table.c.role_id == role_id))
    connection.execute(sa.delete(of_groups).where(of_groups.c.role_id == role_id))
    connection.execute(sa.delete(implies).where(
        sa.or_(implies.c.prior_role_id == role_id, implies.c.implied_role_id == role_id)))
    rows.delete(connection, sa.delete(tables.role).where(tables.role.c.id == role_id),
                "The role has just been given to somebody.")
    record.change()
    for user_id, kind, target_id in held:
        target = target_of(kind, target_id)
        if not target.is_inherited:
            record.grant(user_id, target.scope)


def imply(connection: sa.Connection, record: Recorder, prior: Role, after: Role) -> None:
    """Let a role imply another; doing it again changes nothing.

    Raises Forbidden for what must never come along (the administrator's role, and a domain's own role with one of the
    whole cloud), BadRequest where the other implies this one already: in a circle all would be the same role.
    """
    if after.name == NEVER_IMPLIED and after.domain_id is None:
        raise errors.Forbidden(f"Role {after.id} cannot be implied.")
    if prior.domain_id is None and after.domain_id is not None:
        raise errors.Forbidden(f"Role {prior.id} is the whole cloud's: it cannot imply {after.id} of a domain's own.")
    direct = reach.directly_implied(connection)
    if prior.id == after.id or prior.id in reach.reached_from(after.id, direct):
        raise errors.BadRequest(f"Role {after.id} implies role {prior.id}: roles cannot imply one another.")
    if after.id not in direct.get(prior.id, ()):
        rows.insert(connection, tables.role_implication, {"prior_role_id": prior.id, "implied_role_id": after.id},
                    "One of the roles has just been deleted.")
        record.change()


def imply_no_more(connection: sa.Connection, record: Recorder, prior: Role, after: Role) -> None:
    """Let a role imply another no more; raises NotFound."""
    table = tables.role_implication
    if not connection.execute(sa.delete(table).where(
            table.c.prior_role_id == prior.id, table.c.implied_role_id == after.id)).rowcount:
        raise not_implied(prior, after)
    record.change()


def implied_by(connection: sa.Connection, prior_id: str) -> list[Role]:
    """Return the roles that a role implies itself, by name."""
    table, role = tables.role_implication, tables.role
    return [of_row(row) for row in connection.execute(
        sa.select(role).join(table, table.c.implied_role_id == role.c.id).where(table.c.prior_role_id == prior_id)
        .order_by(role.c.name, role.c.id))]


def inferences(connection: sa.Connection) -> list[tuple[Role, list[Role]]]:
    """Return every role that implies others, with those it implies itself, by name."""
    known = {row.id: of_row(row) for row in connection.execute(_roles())}
    ordered = sorted(known.values(), key=lambda role: (role.name, role.id))
    direct = reach.directly_implied(connection)
    return [(prior, [after for after in ordered if after.id in direct[prior.id]])
            for prior in ordered if prior.id in direct]


def not_implied(prior: Role, after: Role) -> errors.NotFound:
    """Return the refusal for a rule there is not."""
    return errors.NotFound(f"Role {prior.id} does not imply role {after.id}.")


def of_row(row: "sa.Row[Any]") -> Role:
    """Return the role of a row."""
    return Role(row.id, row.name, row.description, row.domain_id or None, row.options or {})


def _roles() -> "sa.Select[Any]":
    return sa.select(tables.role)
