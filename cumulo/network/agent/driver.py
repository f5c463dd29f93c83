"""What converging asks of a driver, and the Linux one: devices, then DHCP, then metadata, then rules."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from cumulo.common import log
from cumulo.common.audit.holdings import NetworkHoldings
from cumulo.network.agent import bridge
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.dhcp import Dhcp
from cumulo.network.agent.firewall import Firewall
from cumulo.network.agent.metadata import MetadataServers
from cumulo.network.agent.nat import Nat
from cumulo.network.agent.wanted import Wanted

LOG = log.get(__name__)
Network = Mapping[str, Any]
RESOLV_CONF = pathlib.Path("/etc/resolv.conf")


class Driver(Protocol):
    """Makes networks on this host. Every method is idempotent."""

    def apply(self, network: Network) -> None:
        """Make the network look as described."""

    def is_healthy(self, network: Network) -> bool:
        """Say, cheaply, whether what `apply` made is still there."""

    def settle(self, wanted: Wanted, *, sweep: bool) -> None:
        """Fit what all networks share; with sweep, remove everything of ours that none of them owns."""

    def holdings(self) -> NetworkHoldings:
        """Return everything of ours that is really here, wanted or not; changes nothing."""

    def differences(self, wanted: Wanted) -> list[str]:
        """Say what is not as `apply` and `settle` make it; changes nothing."""

    def stop(self) -> None:
        """End what lives in this process; what guests use stays."""


class LinuxDriver:
    """Bridges, namespaces, dnsmasq and nftables. Needs root."""

    def __init__(self, devices: Devices, dhcp: Dhcp, metadata: MetadataServers, nat: Nat, firewall: Firewall) -> None:
        self._devices, self._dhcp, self._metadata = devices, dhcp, metadata
        self._nat, self._firewall = nat, firewall

    def apply(self, network: Network) -> None:
        """Make the network look as described."""
        if not bridge.dhcp_subnets(network):
            self._metadata.remove(network["id"])
            self._dhcp.apply(network)
        self._devices.apply(network)
        if bridge.dhcp_subnets(network):
            self._dhcp.apply(network)
            self._metadata.apply(network)

    def is_healthy(self, network: Network) -> bool:
        """Say whether devices, DHCP server and metadata socket are still there."""
        return (self._devices.is_healthy(network) and self._dhcp.is_healthy(network)
                and self._metadata.is_healthy(network))

    def settle(self, wanted: Wanted, *, sweep: bool) -> None:
        """Fit filters and the NAT table; with sweep, remove what no network owns."""
        self._firewall.apply(wanted)
        self._nat.apply(wanted.networks.values())
        if sweep:
            keep = set(wanted.networks)
            self._metadata.sweep(keep)
            self._dhcp.sweep(keep)
            removed = self._devices.sweep(keep)
            if removed:
                LOG.info("devices_removed", names=",".join(removed))

    def holdings(self) -> NetworkHoldings:
        """Return the devices, DHCP servers, metadata sockets and rules that are here."""
        devices = self._devices.listed()
        masqueraded, isolated = self._nat.listed()
        return NetworkHoldings(
            bridges=tuple(devices["bridges"]), pairs=tuple(devices["pairs"]), namespaces=tuple(devices["namespaces"]),
            tunnels=tuple(devices["tunnels"]),
            cards=tuple((device, bridge_name) for device, bridge_name in devices["cards"]), sees_cards=True,
            dhcp=self._dhcp.held(), processes=self._dhcp.processes(), metadata=self._metadata.served(),
            isolated=tuple(sorted(isolated)), masqueraded=tuple(sorted(masqueraded)))

    def differences(self, wanted: Wanted) -> list[str]:
        """Say which devices, entries, addresses and rules are not as planned."""
        return self._devices.differences(wanted.networks.values()) + self._firewall.differences(wanted)

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
