"""Tags: words that a user gives to any resource, to find it by."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.network import revisions

MOST = 50
LONGEST = 255


def tags_of(connection: sa.Connection, table: sa.Table, resource_id: str) -> list[str]:
    """The tags of a row, in order."""
    return list(connection.execute(sa.select(table.c.tags).where(table.c.id == resource_id)).scalar() or ())


def set_tags(connection: sa.Connection, now: float, table: sa.Table, resource_id: str, tags: Iterable[str]) -> list[str]:
    """Give a row these tags and no others; raises BadRequest for too many or too long ones."""
    wanted = sorted(set(tags))
    if len(wanted) > MOST or any(not 0 < len(tag) <= LONGEST for tag in wanted):
        raise errors.BadRequest(f"There may be {MOST} tags of up to {LONGEST} characters.", kind="InvalidInput")
    connection.execute(sa.update(table).where(table.c.id == resource_id).values(
        tags=wanted, updated_at=now, revision_number=table.c.revision_number + 1))
    return wanted


def add_tag(connection: sa.Connection, now: float, table: sa.Table, resource_id: str, tag: str) -> None:
    """Give a row one tag more; two who do it at once both see theirs."""
    revisions.lock(connection)
    held = tags_of(connection, table, resource_id)
    if tag not in held:
        set_tags(connection, now, table, resource_id, [*held, tag])


def remove_tag(connection: sa.Connection, now: float, table: sa.Table, resource_id: str, tag: str) -> None:
    """Take a tag away; raises NotFound (TagNotFound)."""
    revisions.lock(connection)
    held = tags_of(connection, table, resource_id)
    if tag not in held:
        raise not_found(tag)
    set_tags(connection, now, table, resource_id, [each for each in held if each != tag])


def not_found(tag: str) -> errors.NotFound:
    """The error for a tag that is not there."""
    return errors.NotFound(f"Tag {tag[:LONGEST]} could not be found.", kind="TagNotFound")
