"""The revision that every change gets which a host may have to follow, and the lock that puts changes in order.

What changes is named by its id: a network, a security group, an address group, a router (doc/design/0005 says which
when); all of them stand in one table. `advance`, or `lock`, must be the first statement of a transaction that changes a network. It raises the one
counter, whose row stays locked until the commit. So revisions become visible in their order: a
host that has seen revision 7 has seen everything up to 7. For the same reason the checks that
follow it (is this address free?) cannot be overtaken by another transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from cumulo.common import log
from cumulo.common.db.tables.network import network_change, network_revision

LOG = log.get(__name__)

# What every change executes, built once: that costs more than running it.
_RAISE = sa.update(network_revision).where(network_revision.c.id == 1).values(
    revision=network_revision.c.revision + 1)
_ADD = sa.insert(network_change)
_MOVE = sa.update(network_change).where(network_change.c.network_id == sa.bindparam("its_id")).values(
    revision=sa.bindparam("its_revision"))


_HELD = "revision_held"
"""What a connection notes of itself: the transaction that holds the lock, and its revision once somebody asked."""


def advance(connection: sa.Connection, *changed: str) -> int:
    """Give what changes a new revision and return it: ids of networks, security groups, address groups, routers."""
    revision = lock(connection)
    note_in(connection, revision, changed)
    return revision


def advance_new(connection: sa.Connection, made: str) -> int:
    """Do the same for one that has just been made."""
    revision = lock(connection)
    connection.execute(_ADD, {"network_id": made, "revision": revision})
    return revision


def lock(connection: sa.Connection) -> int:
    """Begin a new revision, one for the whole of a transaction, and return it; what changes with it is said by `note`."""
    hold(connection)
    transaction, revision = connection.info[_HELD]
    if revision is None:
        revision = current(connection)
        connection.info[_HELD] = (transaction, revision)
    return int(revision)


def hold(connection: sa.Connection) -> None:
    """Take the lock that puts changes in order, for a check that is to be true when its transaction commits."""
    transaction = connection.get_transaction()
    if transaction is not None and connection.info.get(_HELD, (None, None))[0] is transaction:
        return
    if not _raise(connection):
        _begin(connection)
        _raise(connection)
    connection.info[_HELD] = (connection.get_transaction(), None)


def note(connection: sa.Connection, changed: Iterable[str]) -> None:
    """Say that these change with the revision that this transaction has begun."""
    note_in(connection, current(connection), changed)


def note_in(connection: sa.Connection, revision: int, changed: Iterable[str]) -> None:
    """Say the same where the revision is at hand."""
    for each in sorted(set(changed)):
        moved = connection.execute(_MOVE, {"its_id": each, "its_revision": revision})
        if not moved.rowcount:
            connection.execute(_ADD, {"network_id": each, "revision": revision})


def _raise(connection: sa.Connection) -> bool:
    return bool(connection.execute(_RAISE).rowcount)


def _begin(connection: sa.Connection) -> None:
    """Insert the counter's row, once in the life of a database; two first changes may meet here."""
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(network_revision).values(id=1, revision=0))
    except sa.exc.IntegrityError as failure:
        LOG.debug("revision_begun_elsewhere", reason=str(failure.orig))


_CURRENT = sa.select(network_revision.c.revision).where(network_revision.c.id == 1)


def current(connection: sa.Connection) -> int:
    """The newest revision; 0 before the first change."""
    return connection.execute(_CURRENT).scalar() or 0
