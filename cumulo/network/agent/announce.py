"""Router advertisements of a host: one dnsmasq in each router's namespace that has IPv6 prefixes to announce.

It outlives the agent, as DHCP's does, and announces from the link-local address of the router's leg, which is the same
on every host. What is rendered is pure; a change of it is a restart, which no guest notices: a prefix lives for hours.
"""

from __future__ import annotations

import ipaddress
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.common import names
from cumulo.network.agent import bridge
from cumulo.network.agent.dnsmasq import Dnsmasq
from cumulo.network.agent.wanted import Wanted

Router = Mapping[str, Any]
# What a subnet's mode says in an advertisement: whether guests make addresses, and what they ask DHCPv6 for.
_MODES = {"slaac": "ra-only", "dhcpv6-stateless": "ra-stateless", "dhcpv6-stateful": "static"}
_LIFETIME_S = 86400


def render(router: Router, wanted: Wanted, folder: pathlib.Path) -> str:
    """The configuration file; empty when the router announces nothing here."""
    lines = sorted({line for door in router["interfaces"] if door["network_id"] in wanted.networks
                    for line in _door(door, wanted.networks[door["network_id"]])})
    if not lines or not router["admin_state_up"]:
        return ""
    fixed = ["port=0", "no-hosts", "no-resolv", "user=root", "group=root", "bind-interfaces", "enable-ra", "quiet-ra",
             "quiet-dhcp6", f"pid-file={folder / 'pid'}", f"dhcp-leasefile={folder / 'leases'}"]
    return "\n".join([*fixed, *lines]) + "\n"


def _door(door: Mapping[str, Any], network: Mapping[str, Any]) -> Iterator[str]:
    held = {address for address, _ in door["addresses"]}
    inside = names.router_leg_inside(door["port_id"])
    for subnet in network["subnets"]:
        mode = _MODES.get(subnet.get("ipv6_ra_mode") or "")
        if mode is None or subnet["gateway_ip"] not in held:
            continue
        prefix = ipaddress.ip_network(subnet["cidr"])
        yield f"interface={inside}"
        # The leases are in the network's own DHCP server; here the range only says which prefix and which flags.
        yield f"dhcp-range=set:{mode},{prefix.network_address},{mode},{prefix.prefixlen},{_LIFETIME_S}s"
        if mode == "static":
            yield f"dhcp-ignore=tag:{mode}"
        yield f"ra-param={inside},mtu:{network['mtu']},60,1800"
        servers = [f"[{each}]" for each in subnet["dns_nameservers"] if ":" in each]
        if servers:
            yield f"dhcp-option=option6:dns-server,{','.join(servers)}"


class Announcers:
    """The announcing processes of a host, one folder each below `directory`."""

    def __init__(self, directory: pathlib.Path, dnsmasq: Dnsmasq) -> None:
        self._directory, self._dnsmasq = directory, dnsmasq

    def apply(self, router: Router, wanted: Wanted) -> None:
        """Have the router announce what it must."""
        folder = self._directory / router["id"]
        text = render(router, wanted, folder)
        if not text:
            self.remove(router["id"])
            return
        self._dnsmasq.run(folder, text, bridge.NAMESPACES / names.router_namespace(router["id"]))

    def is_healthy(self, router: Router, wanted: Wanted) -> bool:
        """Say whether it runs, where it must."""
        folder = self._directory / router["id"]
        return not render(router, wanted, folder) or self._dnsmasq.process(folder) is not None

    def remove(self, router_id: str) -> None:
        """Stop announcing; idempotent."""
        self._dnsmasq.remove(self._directory / router_id)

    def sweep(self, keep: set[str]) -> None:
        """Stop announcing for routers that are not to be here."""
        present = self._directory.iterdir() if self._directory.is_dir() else ()
        for router_id in {each.name for each in present} - keep:
            self.remove(router_id)
