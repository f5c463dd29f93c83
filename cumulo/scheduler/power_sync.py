"""Guests that changed by themselves: a heartbeat tells of one, and an operation looks again and writes it down.

A heartbeat may be late, or older than the operation that has just ended, so it never changes a row itself.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from cumulo.common import log
from cumulo.common.context import Context
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.operations import operation
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.compute import states
from cumulo.scheduler.steps import FOUND

LOG = log.get(__name__)
MOST_AT_ONCE = 50
_BUSY = sa.exists().where(operation.c.active_key == server.c.id)
_OF_HOST = sa.select(server.c.id, server.c.status).where(
    server.c.host == sa.bindparam("its_host"), server.c.deleted_at.is_(None), ~_BUSY,
    server.c.status.in_([each["status"] for each in FOUND.values()])).order_by(server.c.id)


def notice(database: Database, ids: Ids, host: str, powers: Mapping[str, str]) -> int:
    """Begin to look at servers whose guests a heartbeat tells something else of; return at how many."""
    if not powers:
        return 0
    with database.read() as connection:
        rows = connection.execute(_OF_HOST, {"its_host": host}).all()
    differing = [row.id for row in rows if _differs(row.status, powers.get(row.id))]
    return sum(_begin(database, ids, host, server_id, powers[server_id]) for server_id in differing[:MOST_AT_ONCE])


def _differs(status: str, power: str | None) -> bool:
    return power in FOUND and FOUND[power]["status"] != status


def _begin(database: Database, ids: Ids, host: str, server_id: str, power: str) -> bool:
    with database.write() as connection:
        wanted = (server.c.id == server_id, server.c.deleted_at.is_(None), server.c.host == host)
        row = connection.execute(sa.select(server).where(*wanted).with_for_update()).mappings().first()
        if row is None or not _differs(row["status"], power) or store.active(connection, server_id) is not None:
            return False
        context = Context(request_id=ids.request_id(), user_id=row["user_id"], project_id=row["project_id"])
        store.create(connection, ids, database.now(connection), flow="sync_power", resource_type="server",
                     resource_id=server_id, state={"server_id": server_id, "host": host}, context=context,
                     action="sync_power")
    LOG.info("guest_changed_by_itself", server=server_id, host=host, status=row["status"],
             vm_state=states.vm_state(row["status"]), power=power)
    return True
