"""The devices of a network on a host: what they are (plan, pure) and having them made (Devices).

    bridge cu<id>  --- tap<port> ...            the servers' cards, plugged by the hypervisor
                   |-- gateway addresses        on the bridge itself, where the network leads out
                   '-- veth cud<id> = dhcp0     in the namespace cudhcp-<id>: DHCP and metadata
"""

from __future__ import annotations

import hashlib
import ipaddress
import pathlib
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from cumulo.common import command, names

Network = Mapping[str, Any]
METADATA_ADDRESS = "169.254.169.254"
NAMESPACES = pathlib.Path("/run/netns")
# Named by its path, not imported: pyroute2 is not to be loaded into the agent.
_PROGRAM = pathlib.Path(__file__).with_name("devices.py")
_PROGRAM_TIMEOUT_S = 60.0


def dhcp_subnets(network: Network) -> list[Mapping[str, Any]]:
    """The subnets that the DHCP server of the network serves."""
    return [each for each in network["subnets"]
            if each["ip_version"] == 4 and each["enable_dhcp"] and each["dhcp_address"]]


def plan(network: Network) -> dict[str, Any]:
    """What the network's devices must look like; pure."""
    served = dhcp_subnets(network)
    addresses = [[each["dhcp_address"], _prefix_length(each)] for each in served]
    return {
        "bridge": network["bridge"],
        "mac_address": _bridge_mac_address(network["id"]),
        "mtu": network["mtu"],
        "gateways": [[each["gateway_ip"], _prefix_length(each)] for each in network["subnets"]
                     if network["nat"] and each["ip_version"] == 4 and each["gateway_ip"]],
        "namespace": bool(served),
        "namespace_name": names.dhcp_namespace(network["id"]),
        "veth": names.dhcp_pair_name(network["id"]),
        "dhcp_mac_address": network["dhcp_mac_address"],
        "addresses": [*addresses, [METADATA_ADDRESS, 32]],
    }


def _prefix_length(subnet: Mapping[str, Any]) -> int:
    return ipaddress.ip_network(subnet["cidr"]).prefixlen


def _bridge_mac_address(network_id: str) -> str:
    """A fixed address: left alone, a bridge takes its lowest card's and changes it as servers come and go."""
    digest = hashlib.sha256(network_id.encode()).digest()
    return "fa:16:3f:" + ":".join(f"{byte:02x}" for byte in digest[:3])


class Devices:
    """Has the program devices.py make what is planned, and only when something differs."""

    def __init__(self) -> None:
        self._applied: dict[str, dict[str, Any]] = {}

    def apply(self, network: Network) -> None:
        """Make the devices of the network as planned."""
        wanted = plan(network)
        if self._applied.get(network["id"]) == wanted and is_present(wanted):
            return
        _run({"do": "apply", "plan": wanted})
        self._applied[network["id"]] = wanted

    def is_healthy(self, network: Network) -> bool:
        """Say whether the devices are still there."""
        return is_present(plan(network))

    def sweep(self, keep: Iterable[str]) -> list[str]:
        """Remove every device and namespace of ours that none of these networks owns; name them."""
        kept = set(keep)
        self._applied = {network_id: each for network_id, each in self._applied.items() if network_id in kept}
        return list(_run({"do": "sweep", "keep": sorted(kept)})["removed"])

    def listed(self) -> dict[str, Any]:
        """Name the bridges, pairs, namespaces and cards (with their bridges) that are there."""
        return _run({"do": "list"})


def is_present(wanted: Mapping[str, Any]) -> bool:
    """Look, without netlink, whether the devices of a plan exist."""
    links = [wanted["bridge"], *([wanted["veth"]] if wanted["namespace"] else [])]
    present = {name for _, name in socket.if_nameindex()}
    if not present.issuperset(links):
        return False
    return not wanted["namespace"] or (NAMESPACES / wanted["namespace_name"]).exists()


def _run(request: dict[str, Any]) -> dict[str, Any]:
    argv = [sys.executable, "-P", str(_PROGRAM)]
    result = command.run(argv, timeout_s=_PROGRAM_TIMEOUT_S, input=orjson.dumps(request))
    return dict(orjson.loads(result.stdout))
