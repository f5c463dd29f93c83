"""Servers that were deleted softly are deleted for good once they have been so for a while.

Any number of schedulers may look: a server is taken in a transaction of its own, and asking twice is harmless.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.context import Context
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import server
from cumulo.common.runtime import Runtime
from cumulo.compute import servers, states
from cumulo.network import ports

LOG = log.get(__name__)
RECLAIM_EVERY_S = 15.0
MOST_AT_ONCE = 50


class Reclaimer:
    """Looks for such servers, for ever."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._ids = runtime.ids
        self._after_s = runtime.conf.servers.reclaim_deleted_after_s
        self._database = database

    def run_once(self) -> int:
        """Begin to delete what is due; return how many."""
        with self._database.read() as connection:
            due = self._database.now(connection) - self._after_s
            is_due = (server.c.status == states.SOFT_DELETED, server.c.deleted_at.is_(None), server.c.updated_at <= due)
            query = sa.select(server.c.id).where(*is_due).order_by(server.c.updated_at).limit(MOST_AT_ONCE)
            found = list(connection.execute(query).scalars())
        for server_id in found:
            self._delete(server_id)
        return len(found)

    def _delete(self, server_id: str) -> None:
        with self._database.write() as connection:
            try:
                row = servers.get_server(connection, server_id, lock=True)
            except errors.NotFound:
                return  # somebody deleted it a moment ago
            if row["status"] != states.SOFT_DELETED:
                return  # it was restored
            context = Context(request_id=self._ids.request_id(), user_id=row["user_id"], project_id=row["project_id"])
            held = [port["id"] for port in ports.ports_of_device(connection, server_id)]
            servers.request_delete(connection, self._ids, self._database.now(connection), context=context, row=row,
                                   ports=held, may_override_lock=True)
        LOG.info("server_reclaimed", server=server_id)

    def run_forever(self, stopping: Any) -> None:
        """Look until the event is set; not at all where deletions are for good at once."""
        while self._after_s and not stopping.wait(RECLAIM_EVERY_S):
            try:
                self.run_once()
            except errors.DatabaseUnavailable as error:
                LOG.warning("servers_not_reclaimed", reason=error)
