"""Hosts that were declared down: what becomes of steps there, and what follows when they are back.

Nothing is sent to such a host. A step forward fails at once; a step back, and a step of a flow that only goes forward,
counts as done: what the host has lost or kept is no reason to hold up a deletion. Where the step was to remove a server, it
is written down that the host may still have it.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.context import Context
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import server
from cumulo.common.operations import store
from cumulo.common.operations.lease import Operation
from cumulo.common.rpc import doorbell
from cumulo.common.runtime import Runtime
from cumulo.compute import leftovers

LOG = log.get(__name__)
LOOK_EVERY_S, LEARN_EVERY_S = 5.0, 2.0
MOST_AT_ONCE = 50
KINDS = ("compute", "network")
_REMOVES = frozenset((
    ("destroy", False), ("destroy_other", False), ("destroy_left", False), ("boot", True), ("expect", True)))
_LEAVES = frozenset((("clean", False), ("leave", False), ("arrive", True)))
"""Steps that remove a server from a host, unless that is the one it came from."""


class Fences:
    """Which hosts are down, as of a moment ago."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._clock, self._database = runtime.clock, database
        self._learn_every_s = min(LEARN_EVERY_S, runtime.conf.scheduler.poll_s)
        self._known: frozenset[str] = frozenset()
        self._learned_at = float("-inf")

    def holds(self, place: str) -> str | None:
        """Return the host of a place if it is down."""
        kind, _, host = place.partition(".")
        if kind not in KINDS:
            return None
        if self._clock.monotonic() - self._learned_at >= self._learn_every_s:
            with self._database.read() as connection:
                self._known = frozenset(leftovers.fenced(connection))
            self._learned_at = self._clock.monotonic()
        return host if host in self._known else None


def note(connection: sa.Connection, now: float, operation: Operation, step: str, undo: bool, place: str) -> None:
    """Write down what a step that is not sent would have removed."""
    kind, _, host = place.partition(".")
    state = operation.state
    is_elsewhere = (step, undo) in _LEAVES and state.get("host") != state.get("source")
    if kind == "compute" and ((step, undo) in _REMOVES or is_elsewhere):
        leftovers.note(connection, now, host, state["server_id"])


class Returns:
    """Has hosts that are back remove what they should not have; any number of schedulers may look."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._runtime, self._database = runtime, database

    def run_once(self) -> int:
        """Begin what there is to remove; return how much."""
        with self._database.read() as connection:
            found = leftovers.to_clear(connection, MOST_AT_ONCE)
        begun = sum(self._begin(row) for row in found)
        if begun:
            doorbell.ring(self._runtime.bus, "scheduler", "operation")
        return begun

    def _begin(self, row: Any) -> bool:
        host, server_id = row["host"], row["server_id"]
        with self._database.write() as connection:
            owner = connection.execute(sa.select(server.c.user_id, server.c.project_id).where(
                server.c.id == server_id).with_for_update()).first()
            if store.active(connection, server_id) is not None or store.active(connection, row["id"]) is not None:
                return False  # what is under way may end here
            if leftovers.is_home(connection, host, server_id):
                leftovers.forget(connection, host, server_id)
                return False
            context = Context(request_id=self._runtime.ids.request_id(), user_id=owner.user_id if owner else None,
                              project_id=owner.project_id if owner else None)
            store.create(connection, self._runtime.ids, self._database.now(connection), flow="clear_leftover",
                         resource_type="leftover", resource_id=row["id"], state={"server_id": server_id, "host": host},
                         context=context, action="clear-leftover")
        LOG.info("leftover_goes", server=server_id, host=host)
        return True

    def run_forever(self, stopping: Any) -> None:
        """Look until the event is set."""
        while not stopping.wait(min(LOOK_EVERY_S, 5 * self._runtime.conf.scheduler.poll_s)):
            try:
                self.run_once()
            except (errors.DatabaseUnavailable, errors.Conflict) as error:  # the latter: another copy was faster
                LOG.warning("leftovers_not_looked_after", reason=error)
