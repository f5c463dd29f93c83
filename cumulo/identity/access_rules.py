"""Access rules: requests that a user described for application credentials to be limited to."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity_delegation as tables
from cumulo.common.ids import Ids
from cumulo.identity import rows
from cumulo.identity.model import AccessRule

CLASH = "The access rule has just been made or deleted by another request. Try again."
FILTERS = ("service", "method", "path")


def listed(connection: sa.Connection, user_id: str, query: Mapping[str, str]) -> list[AccessRule]:
    """Return a user's rules that fit a query string."""
    table = tables.access_rule
    return [AccessRule(*row) for row in connection.execute(
        _rules().where(table.c.user_id == user_id, *rows.conditions(table, FILTERS, query))
        .order_by(table.c.service, table.c.path, table.c.method))]


def get(connection: sa.Connection, user_id: str, rule_id: str) -> AccessRule:
    """Return one of the user's rules; raises NotFound."""
    table = tables.access_rule
    row = connection.execute(_rules().where(table.c.user_id == user_id, table.c.id == rule_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find access rule: {rule_id}.")
    return AccessRule(*row)


def delete(connection: sa.Connection, user_id: str, rule_id: str) -> None:
    """Delete one of the user's rules; raises NotFound, or Forbidden while a credential is limited to it."""
    get(connection, user_id, rule_id)
    used = tables.application_credential_rule
    if connection.execute(sa.select(used.c.access_rule_id).where(used.c.access_rule_id == rule_id)).first():
        raise errors.Forbidden("An application credential is limited to the access rule: delete that one first.")
    connection.execute(sa.delete(tables.access_rule).where(tables.access_rule.c.id == rule_id))


def of_credential(connection: sa.Connection, credential_id: str) -> tuple[AccessRule, ...]:
    """Return the rules an application credential is limited to."""
    used, table = tables.application_credential_rule, tables.access_rule
    return tuple(AccessRule(*row) for row in connection.execute(
        _rules().join(used, used.c.access_rule_id == table.c.id)
        .where(used.c.credential_id == credential_id)
        .order_by(table.c.service, table.c.path, table.c.method)))


def ensure(connection: sa.Connection, ids: Ids, user_id: str, wanted: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the ids of the rules wanted, each named by its id or described; makes those that are not there yet.

    Raises BadRequest for an id that is no rule of the user's.
    """
    known = {(each.service, each.method, each.path): each.id for each in listed(connection, user_id, {})}
    own_ids = set(known.values())
    found = []
    for each in wanted:
        if "id" in each:
            if each["id"] not in own_ids:
                raise errors.BadRequest(f"Could not find access rule: {each['id']}.")
            found.append(each["id"])
            continue
        described = (each["service"], each["method"], each["path"])
        if described not in known:
            known[described] = rows.new_id(ids)
            rows.insert(connection, tables.access_rule, {
                "id": known[described], "user_id": user_id, "service": each["service"], "method": each["method"],
                "path": each["path"]}, CLASH)
        found.append(known[described])
    return list(dict.fromkeys(found))


def _rules() -> "sa.Select[tuple[str, str, str, str]]":
    table = tables.access_rule
    return sa.select(table.c.id, table.c.service, table.c.method, table.c.path)
