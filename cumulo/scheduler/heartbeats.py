"""Who was heard when: kept in memory, written to the database at most every 8 s per service.

Services are heard every 5 s, so a row is at most 15 s behind the truth, however
many schedulers share the hearing, and a fleet costs few writes. What a person
looks for, such as whether the service hears the bus, is written at once.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import compute_host, service_status
from cumulo.common.runtime import Runtime

LOG = log.get(__name__)

WRITE_EVERY_S = 8.0
_HEARD = sa.update(service_status).where(
    service_status.c.host == sa.bindparam("its_host"), service_status.c.kind == sa.bindparam("its_kind"))
_WRITTEN_AT_ONCE = ("hearing", "connected")


class Heartbeats:
    """What this scheduler process has heard."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._clock = runtime.clock
        self._ids = runtime.ids
        self._database = database
        self._written: dict[tuple[str, str], tuple[float, tuple[Any, ...]]] = {}

    def heard(self, host: str, kind: str, facts: dict[str, Any], *, restarted: bool = False) -> None:
        """Take note of a sign of life; `restarted` when the service has just begun."""
        news = tuple(facts.get(name) for name in _WRITTEN_AT_ONCE)
        now = self._clock.monotonic()
        before = self._written.get((host, kind))
        if before is not None and not restarted and before[1] == news and now - before[0] < WRITE_EVERY_S:
            return
        with self._database.write() as connection:
            self._write(connection, host, kind, facts, restarted)
        self._written[(host, kind)] = (now, news)
        if before is None or before[1] != news:
            LOG.info("service_heard", host=host, kind=kind, **{name: facts.get(name) for name in _WRITTEN_AT_ONCE})

    def _write(self, connection: sa.Connection, host: str, kind: str, facts: dict[str, Any], restarted: bool) -> None:
        now = self._database.now(connection)
        values: dict[str, Any] = {"last_seen": now, "facts": facts} | ({"started_at": now} if restarted else {})
        if connection.execute(_HEARD, values | {"its_host": host, "its_kind": kind}).rowcount:
            return
        new = {"id": self._ids.new_id(), "host": host, "kind": kind, "started_at": now} | values
        _insert(connection, service_status, new)


def register_compute_host(connection: sa.Connection, now: float, host_id: str, host: str, inventory: Any) -> None:
    """Write down what a compute host has; a changed inventory voids plans made against the old one."""
    values = {name: inventory[name] for name in ("vcpus", "memory_mib", "disk_gib")}
    hypervisor = inventory.get("hypervisor", {})
    known = connection.execute(sa.select(compute_host).where(compute_host.c.name == host)).mappings().one_or_none()
    if known is None:
        row = values | {"id": host_id, "name": host, "generation": 0, "hypervisor": hypervisor, "disabled": False,
                        "forced_down": False, "created_at": now, "updated_at": now}  # fmt: skip
        _insert(connection, compute_host, row)
        return
    bump = any(known[name] != value for name, value in values.items()) or any(
        known["hypervisor"].get(name) != hypervisor.get(name) for name in ("cells", "devices"))
    change = values | {"hypervisor": hypervisor, "updated_at": now}
    if bump:
        change["generation"] = compute_host.c.generation + 1
    connection.execute(sa.update(compute_host).where(compute_host.c.name == host).values(change))


def _insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    try:
        connection.execute(sa.insert(table).values(row))
    except sa.exc.IntegrityError as error:
        raise errors.Retry("Another copy of the scheduler wrote it at the same moment.") from error
