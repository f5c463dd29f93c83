"""Keeps every router's gateway on a host that answers.

A gateway host is gone when neither of its agents has answered for a while. One agent alone may be
starting again, and the gateway does not need it: moving then would only cut connections. While no
host answers at all, it is the bus that is gone, and nothing is moved.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.compute import service_status
from cumulo.common.rpc import doorbell
from cumulo.common.runtime import Runtime
from cumulo.network import gateways, routers

LOG = log.get(__name__)
LOOK_EVERY_S = 5.0
KINDS = ("network", "compute")


class GatewayKeeper:
    """Looks after the gateways of a cloud; any number of copies may."""

    def __init__(self, runtime: Runtime, database: Database) -> None:
        self._runtime, self._database = runtime, database
        self._silence_s = float(runtime.conf.scheduler.gateway_silence_s)
        self._silent_since: dict[str, float] = {}

    def run_once(self) -> float:
        """Place what has no gateway, move what has a dead one; return the seconds until the next look."""
        with self._database.read() as connection:
            used = gateways.hosts_in_use(connection)
            agents = self._agents(connection) if used else {}
        if "" in used:
            self._move("", None)
        watched = [host for host in used if host]
        if not watched or len({host for host in agents if "network" in agents[host]}) < 2:
            return LOOK_EVERY_S
        for host in watched:
            if not self._is_gone(host, agents.get(host, ())):
                continue
            alive = [other for other in sorted(agents) if other != host and self._answers("network", other)]
            if alive:
                self._move(host, alive)
        return self._silence_s / 3

    def run_forever(self, stopping: Any) -> None:
        """Look until the event is set."""
        pause_s = LOOK_EVERY_S
        while not stopping.wait(pause_s):
            try:
                pause_s = self.run_once()
            except (errors.DatabaseUnavailable, errors.Retry) as error:
                LOG.warning("gateways_not_looked_after", reason=error)

    def _is_gone(self, host: str, kinds: Collection[str]) -> bool:
        if any(self._answers(kind, host) for kind in kinds):
            self._silent_since.pop(host, None)
            return False
        now = self._runtime.clock.monotonic()
        return now - self._silent_since.setdefault(host, now) >= self._silence_s

    def _answers(self, kind: str, host: str) -> bool:
        try:
            self._runtime.bus.call(f"{kind}.{host}", "ping", {}, timeout_s=self._silence_s / 3)
        except errors.CumuloError as failure:
            LOG.debug("gateway_host_silent", host=host, kind=kind, reason=failure.message)
            return False
        return True

    def _move(self, host: str, alive: Collection[str] | None) -> None:
        with self._database.write() as connection:
            moved = gateways.move(connection, host, alive)
            concerned = sorted(routers.hosts_of_routers(connection, moved))
        for router_id, chosen in moved.items():
            LOG.warning("gateway_moved", router=router_id, before=host or "nowhere", now=chosen)
        for each in concerned:
            doorbell.ring(self._runtime.bus, f"network.{each}", "network_changed")

    def _agents(self, connection: sa.Connection) -> dict[str, set[str]]:
        """The kinds of agents that were ever heard of each host."""
        found: dict[str, set[str]] = {}
        for host, kind in connection.execute(sa.select(service_status.c.host, service_status.c.kind)):
            if kind in KINDS:
                found.setdefault(host, set()).add(kind)
        return found
