"""What converging asks of a driver, and the Linux one: devices, then DHCP, then metadata, then rules."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from cumulo.common import errors, log
from cumulo.common.audit.holdings import NetworkHoldings
from cumulo.network.agent import bridge
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.kernel import run_program
from cumulo.network.agent.metadata import MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.routers import Routers, handovers, namespaces
from cumulo.network.agent.trunks import carried
from cumulo.network.agent.wanted import Wanted

LOG = log.get(__name__)
Network = Mapping[str, Any]
RESOLV_CONF = pathlib.Path("/etc/resolv.conf")


class Driver(Protocol):
    """Makes networks on this host. Every method is idempotent."""

    def apply(self, network: Network, wanted: Wanted) -> None:
        """Make the network look as described, among all that is wanted."""

    def observe(self) -> None:
        """Look at what is here, once for all networks: `is_healthy` answers by that."""

    def is_healthy(self, network: Network) -> bool:
        """Say, cheaply, whether what `apply` made is still there."""

    def sweep(self, wanted: Wanted) -> None:
        """Remove everything of ours that no network or router owns."""

    def settle(self, wanted: Wanted) -> None:
        """Fit what all networks share."""

    def holdings(self) -> NetworkHoldings:
        """Return everything of ours that is really here, wanted or not; changes nothing."""

    def misplaced(self, network_ids: Iterable[str], wanted: Wanted) -> list[str]:
        """Say what of these networks, so far as they are wanted, is not as `apply` makes it; changes nothing."""

    def differences(self, wanted: Wanted) -> list[str]:
        """Say what is not as `settle` makes it; changes nothing."""

    def stop(self) -> None:
        """End what lives in this process; what guests use stays."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """What of nftables all networks share."""

    nat: Nat
    firewall: Firewall


class LinuxDriver:
    """Bridges, namespaces, dnsmasq and nftables. Needs root."""

    def __init__(self, devices: Devices, dhcp: Dhcp, metadata: MetadataServers, rules: Rules, routers: Routers) -> None:
        self._devices, self._dhcp, self._metadata = devices, dhcp, metadata
        self._nat, self._firewall = rules.nat, rules.firewall
        self._routers = routers

    def apply(self, network: Network, wanted: Wanted) -> None:
        """Make the network look as described."""
        if not bridge.dhcp_subnets(network):
            self._metadata.remove(network["id"])
            self._dhcp.apply(network)
        self._devices.apply(network, handovers(network["id"], wanted))
        if bridge.dhcp_subnets(network):
            self._dhcp.apply(network)
            self._metadata.apply(network)

    def observe(self) -> None:
        """Look at all devices at once."""
        self._devices.observe()

    def is_healthy(self, network: Network) -> bool:
        """Say whether devices, DHCP server and metadata socket are still there."""
        return (self._devices.is_healthy(network) and self._dhcp.is_healthy(network)
                and self._metadata.is_healthy(network))

    def settle(self, wanted: Wanted) -> None:
        """Fit routers, filters and the NAT table, whichever of them cannot be made.

        Routers come first: a gateway that moves is waited for, and a filter of many ports takes a while to be written.
        """
        failed = self._transits(wanted) | self._routers.apply(wanted)
        self._firewall.apply(wanted)
        self._nat.apply(wanted.networks.values())
        self._devices.carry(carried(wanted))  # into their bridges when the filter knows them
        self._devices.sweep_switch(wanted.networks)  # last: only now has it been told of all that is to stay
        if failed:
            raise errors.InternalError(f"Routers {', '.join(sorted(failed))} could not be made.")

    def _transits(self, wanted: Wanted) -> set[str]:
        """Have the networks by which routers hand over know where to; return the routers of those that cannot be made."""
        failed = set()
        for router_id, router in sorted(wanted.routers.items()):
            transit = wanted.networks.get(router["transit_network_id"] or "")
            try:
                if transit is not None:
                    self._devices.apply(transit, handovers(transit["id"], wanted))
            except (errors.CumuloError, OSError) as error:
                LOG.error("router_failed", router=router_id, error=error)
                failed.add(router_id)
        return failed

    def sweep(self, wanted: Wanted) -> None:
        """Remove the servers, namespaces and devices that no network or router owns."""
        keep = set(wanted.networks)
        self._metadata.sweep(keep | set(namespaces(wanted.routers)))
        self._dhcp.sweep(keep)
        self._routers.sweep(wanted)
        self._devices.forget(keep)
        removed = run_program({"do": "sweep", "keep": sorted(keep), "routers": namespaces(wanted.routers),
                               "legs": self._routers.legs(wanted)})["removed"]
        if removed:
            LOG.info("devices_removed", names=",".join(removed))

    def holdings(self) -> NetworkHoldings:
        """Return the devices, DHCP servers, metadata sockets and rules that are here."""
        devices = self._devices.listed()
        masqueraded, isolated = self._nat.listed()
        return NetworkHoldings(
            bridges=tuple(devices["bridges"]), pairs=tuple(devices["pairs"]), namespaces=tuple(devices["namespaces"]),
            tunnels=tuple(devices["tunnels"]), routers=tuple(devices["routers"]),
            cards=tuple((device, bridge_name) for device, bridge_name in devices["cards"]), sees_cards=True,
            dhcp=self._dhcp.held(), processes=self._dhcp.processes(), metadata=self._metadata.served(),
            isolated=tuple(sorted(isolated)), masqueraded=tuple(sorted(masqueraded)))

    def misplaced(self, network_ids: Iterable[str], wanted: Wanted) -> list[str]:
        """Say which devices, entries and addresses of networks are not as planned."""
        plans = [self._devices.plan(wanted.networks[each], handovers(each, wanted)) for each in network_ids if each in wanted.networks]
        found = run_program({"do": "compare", "plans": plans, "routers": [], "cards": []})["differences"]
        return list(found)

    def differences(self, wanted: Wanted) -> list[str]:
        """Say which routers, cards, flows and rules are not as planned."""
        routers = list(self._routers.plans(wanted).values())
        cards = [[each.device, each.bridge, each.mtu] for each in carried(wanted)]
        found = run_program({"do": "compare", "plans": [], "routers": routers, "cards": cards})["differences"]
        silent = [f"router {router_id} announces nothing" for router_id in self._routers.unannounced(wanted)]
        return [*found, *silent, *self._devices.switch_differences(), *self._firewall.differences(wanted)]

    def stop(self) -> None:
        """End the metadata servers; dnsmasq and the devices stay for the guests."""
        self._metadata.sweep(set())


def name_servers(configured: Sequence[str], resolv_conf: str) -> list[str]:
    """The servers that DHCP hands out where a subnet names none: configured, or this host's own."""
    if configured:
        return list(configured)
    return [address for address in _listed(resolv_conf.splitlines())
            if not address.startswith("127.") and ":" not in address]


def _listed(lines: Iterable[str]) -> list[str]:
    words = [line.split() for line in lines]
    return [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
