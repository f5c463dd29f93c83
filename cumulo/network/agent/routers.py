"""The routers of a host: made by the netlink program from their plans, and only when something differs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cumulo.common import errors, log, names
from cumulo.network.agent import bridge, routing
from cumulo.network.agent.announce import Announcers
from cumulo.network.agent.kernel import run_program
from cumulo.network.agent.metadata import MetadataServers
from cumulo.network.agent.wanted import Wanted

LOG = log.get(__name__)


class Routers:
    """Makes routers, serves the metadata of the networks behind them, and announces their prefixes."""

    def __init__(self, host: str, metadata: MetadataServers, announcers: Announcers) -> None:
        self._host, self._metadata, self._announcers = host, metadata, announcers
        self._applied: dict[str, dict[str, Any]] = {}

    def apply(self, wanted: Wanted) -> set[str]:
        """Make every router as planned; return those that could not be made."""
        failed = set()
        for router_id, plan in sorted(self.plans(wanted).items()):
            try:
                if self._applied.get(router_id) != plan or not (bridge.NAMESPACES / plan["namespace"]).exists():
                    before = self._applied.pop(router_id, None)
                    run_program({"do": "route", "plan": plan, "announce_all": before is None})
                    self._applied[router_id] = plan
                self._metadata.apply_router(wanted.routers[router_id])
                self._announcers.apply(wanted.routers[router_id], wanted)
            except (errors.CumuloError, OSError) as error:
                LOG.error("router_failed", router=router_id, error=error)
                failed.add(router_id)
        self._applied = {router_id: plan for router_id, plan in self._applied.items() if router_id in wanted.routers}
        return failed

    def sweep(self, wanted: Wanted) -> None:
        """Stop announcing for routers that are not to be here."""
        self._announcers.sweep(set(wanted.routers))

    def unannounced(self, wanted: Wanted) -> list[str]:
        """The routers whose announcing process does not run, of those that must have one."""
        return sorted(router_id for router_id, router in wanted.routers.items()
                      if not self._announcers.is_healthy(router, wanted))

    def plans(self, wanted: Wanted) -> dict[str, dict[str, Any]]:
        """What each router must be here."""
        return {router_id: routing.plan(router, wanted, self._host) for router_id, router in wanted.routers.items()}

    def legs(self, wanted: Wanted) -> list[str]:
        """The host's ends of all legs."""
        return sorted(leg["outside"] for plan in self.plans(wanted).values() for leg in plan["legs"])


def handovers(network_id: str, wanted: Wanted) -> list[tuple[str, str]]:
    """The (card, tunnel address) pairs by which routers hand over what leaves through this network."""
    return sorted((routing.handover_card(router["id"]), router["gateway"]["tunnel_address"])
                  for router in wanted.routers.values()
                  if router["transit_network_id"] == network_id and routing.hands_over(router, wanted))


def namespaces(routers: Iterable[str]) -> list[str]:
    """The namespaces of these routers."""
    return sorted(map(names.router_namespace, routers))
