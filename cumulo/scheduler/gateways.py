"""Keeps every router's gateway on a host that answers, and another one standing by.

A gateway host is gone when neither of its agents has answered for a while. One agent alone may be
starting again, and the gateway does not need it: moving then would only cut connections. While no
host answers at all, it is the bus that is gone, and nothing is moved.

The host that stands by sees earlier that the tunnels to the gateway are silent, and says so. That and two agents that
do not answer a moment later are enough: it takes over at once.
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
SECOND_LOOK_S = 0.3


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
            self._move("", [host for host in sorted(agents) if "network" in agents[host] and self._answers("network", host)])
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

    def gateway_silent(self, call: Any, host: str, tunnel_address: str) -> bool:
        """The host that stands by hears nothing at the end of a gateway's tunnels; say whether it has taken over."""
        with self._database.read() as connection:
            silent = gateways.host_at(connection, tunnel_address)
            kinds = self._agents(connection).get(silent, set()) if gateways.stands_by(connection, host, silent) else set()
        if not kinds or self._any_answers(silent, sorted(kinds)):
            return False
        self._move(silent, [host], take_over=True)
        return True

    def _any_answers(self, host: str, kinds: Collection[str]) -> bool:
        """Ask all at once: each that is gone would cost the whole time."""
        said = self._runtime.threads.queue()
        for kind in kinds:
            self._runtime.threads.spawn(lambda asked=kind: said.put(self._answers(asked, host, SECOND_LOOK_S)))
        return any([said.get() for _ in kinds])

    def _is_gone(self, host: str, kinds: Collection[str]) -> bool:
        if any(self._answers(kind, host) for kind in kinds):
            self._silent_since.pop(host, None)
            return False
        now = self._runtime.clock.monotonic()
        return now - self._silent_since.setdefault(host, now) >= self._silence_s

    def _answers(self, kind: str, host: str, timeout_s: float | None = None) -> bool:
        try:
            self._runtime.bus.call(f"{kind}.{host}", "ping", {}, timeout_s=timeout_s or self._silence_s / 3)
        except errors.CumuloError as failure:
            LOG.debug("gateway_host_silent", host=host, kind=kind, reason=failure.message)
            return False
        return True

    def _move(self, host: str, to: list[str], *, take_over: bool = False) -> None:
        with self._database.write() as connection:
            moved = gateways.take_over(connection, to[0], host) if take_over else gateways.move(connection, host, to)
            concerned = sorted(routers.hosts_of_routers(connection, moved))
        for router_id, now in moved.items():
            LOG.warning("gateway_placed", router=router_id, gone=host or "nobody", gateway=now["gateway_host"],
                        standby=now["standby_host"] or "nobody")
        for each in concerned:
            doorbell.ring(self._runtime.bus, f"network.{each}", "network_changed")

    def _agents(self, connection: sa.Connection) -> dict[str, set[str]]:
        """The kinds of agents that were ever heard of each host."""
        found: dict[str, set[str]] = {}
        for host, kind in connection.execute(sa.select(service_status.c.host, service_status.c.kind)):
            if kind in KINDS:
                found.setdefault(host, set()).add(kind)
        return found
