"""Trusts: a user lets another one work with some of their roles in a project, in the one's name or in the other's.

What a trust is worth is looked up whenever a token is (delegations.py): both users must be enabled, and the trustor
must still have every role. A trust can be handed on, each time for less; what was handed on ends with it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables.identity_delegation import trust as table
from cumulo.common.db.tables.identity_delegation import trust_role
from cumulo.common.ids import Ids
from cumulo.identity import lookup, reach, rows
from cumulo.identity.lookup import Facts
from cumulo.identity.model import Role, Scope, Trust
from cumulo.identity.revocations import Recorder

CLASH = "A user, the project, a role or the trust that it comes from has just been deleted."
FILTERS = ("trustor_user_id", "trustee_user_id")
DEFAULT_REDELEGATIONS = 3


@dataclasses.dataclass(frozen=True)
class Made:
    """What a new trust is to be."""

    trustor_user_id: str
    trustee_user_id: str
    project_id: str | None
    impersonation: bool
    expires_at: float | None
    remaining_uses: int | None
    redelegation_count: int
    redelegated_trust_id: str | None
    role_ids: Sequence[str]


def find(connection: sa.Connection, trust_id: str) -> Trust | None:
    """Return a trust, or None; also one that is used up or has ended."""
    row = connection.execute(sa.select(table).where(table.c.id == trust_id)).one_or_none()
    return None if row is None else _trust(connection, row)


def get(connection: sa.Connection, now: float, trust_id: str, *, only_user: str | None,
        is_spent_too: bool = False) -> Trust:
    """Return a trust that is still good for something, or any one; raises NotFound.

    only_user: a trust that this user is no party to is not found either.
    """
    where = [table.c.id == trust_id] if is_spent_too else [table.c.id == trust_id, _is_alive(now)]
    if only_user is not None:
        where.append(sa.or_(table.c.trustor_user_id == only_user, table.c.trustee_user_id == only_user))
    row = connection.execute(sa.select(table).where(*where)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find trust: {trust_id}.")
    return _trust(connection, row)


def listed(connection: sa.Connection, now: float, trustor: str | None, trustee: str | None) -> list[Trust]:
    """Return the trusts that are still good for something, of the users that are named, oldest first."""
    where = [column == user_id for column, user_id in ((table.c.trustor_user_id, trustor),
                                                       (table.c.trustee_user_id, trustee)) if user_id is not None]
    found = connection.execute(sa.select(table).where(_is_alive(now), *where)
                               .order_by(table.c.created_at, table.c.id)).all()
    return [_trust(connection, row) for row in found]


def create(connection: sa.Connection, ids: Ids, now: float, wanted: Made) -> Trust:
    """Insert a trust and return it; also removes those that have ended."""
    connection.execute(sa.delete(table).where(table.c.expires_at <= now))
    values = {name: value for name, value in dataclasses.asdict(wanted).items() if name != "role_ids"}
    trust_id = rows.new_id(ids)
    rows.insert(connection, table, values | {"id": trust_id, "created_at": now}, CLASH)
    for role_id in wanted.role_ids:
        rows.insert(connection, trust_role, {"trust_id": trust_id, "role_id": role_id}, CLASH)
    return get(connection, now, trust_id, only_user=None)


def delete(connection: sa.Connection, record: Recorder, trust_id: str) -> None:
    """Delete a trust, what was handed on from it, and refuse the tokens of all of them."""
    for each in _descendants(connection, trust_id):
        record.delegation(each)
    connection.execute(sa.delete(table).where(table.c.id == trust_id))


def consume(connection: sa.Connection, trust_id: str) -> bool:
    """Take one of the uses that a trust still has; says whether there was one."""
    return bool(connection.execute(sa.update(table).where(
        table.c.id == trust_id, sa.or_(table.c.remaining_uses.is_(None), table.c.remaining_uses > 0))
        .values(remaining_uses=table.c.remaining_uses - 1)).rowcount)


def check_handed_on(parent: Trust, wanted: Made) -> None:
    """Raise Forbidden unless the trust wanted is less, in every way, than the one it comes from."""
    is_longer = parent.expires_at is not None and (wanted.expires_at is None or wanted.expires_at > parent.expires_at)
    given = {role.id for role in parent.roles}
    for is_more, what in (
        (parent.redelegation_count < 1, "it may not be handed on"),
        (wanted.redelegation_count >= parent.redelegation_count, "it may not be handed on as often"),
        (wanted.impersonation and not parent.impersonation, "it is not in the trustor's name"),
        (wanted.project_id != parent.project_id, "it is for another project"),
        (is_longer, "it ends earlier"), (not set(wanted.role_ids) <= given, "it has fewer roles"),
    ):
        if is_more:
            raise errors.Forbidden(f"What comes from a trust is less than it: {what}.")


def facts(connection: sa.Connection, user_id: str, scope: Scope, trust: Trust) -> Facts | None:
    """Return the facts about a token's user with the rights that the trust hands on; None: there are none."""
    named = {each: lookup.named(connection, tables.user, each)
             for each in (trust.trustor_user_id, trust.trustee_user_id)}
    trustors, user = lookup.facts(connection, trust.trustor_user_id, scope), named.get(user_id)
    if trustors is None or user is None or user_id != holder_of(trust) or scope != scope_of(trust):
        return None
    if not all(each is not None and each.enabled for each in named.values()):
        return None
    given = {role.id for role in trust.roles}
    if not given <= {role.id for role in trustors.roles}:
        return None
    implied = reach.implied(connection)
    reached = given.union(*(implied.get(role_id, set()) for role_id in sorted(given)))
    return dataclasses.replace(trustors, user=user, trust=trust,
                               roles=tuple(role for role in trustors.roles if role.id in reached))


def scope_of(trust: Trust) -> Scope:
    """Return the scope of the tokens that a trust is good for."""
    return Scope("project", trust.project_id) if trust.project_id is not None else Scope()


def holder_of(trust: Trust) -> str:
    """Return the user in whose name the tokens of a trust are."""
    return trust.trustor_user_id if trust.impersonation else trust.trustee_user_id


def _is_alive(now: float) -> "sa.ColumnElement[bool]":
    return sa.and_(sa.or_(table.c.expires_at.is_(None), table.c.expires_at > now),
                   sa.or_(table.c.remaining_uses.is_(None), table.c.remaining_uses > 0))


def _descendants(connection: sa.Connection, trust_id: str) -> list[str]:
    found, waiting = [], [trust_id]
    while waiting:
        found.append(waiting.pop())
        waiting += connection.execute(sa.select(table.c.id).where(
            table.c.redelegated_trust_id == found[-1]).order_by(table.c.id)).scalars()
    return found


def _trust(connection: sa.Connection, row: "sa.Row[Any]") -> Trust:
    role = tables.role
    roles = tuple(Role(*each) for each in connection.execute(
        sa.select(role.c.id, role.c.name).join(trust_role, trust_role.c.role_id == role.c.id)
        .where(trust_role.c.trust_id == row.id).order_by(role.c.name)))
    return Trust(row.id, row.trustor_user_id, row.trustee_user_id, row.project_id, row.impersonation, row.expires_at,
                 row.remaining_uses, row.redelegation_count, row.redelegated_trust_id, roles)
