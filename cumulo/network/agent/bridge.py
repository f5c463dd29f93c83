"""The devices of a network on a host: what they are (plan, pure) and having them made (Devices).

    bridge cu<id>  --- tap<port> ...            the servers' cards, plugged by the hypervisor
                   |-- cux<id>                  the way to other hosts of a VXLAN network
                   |-- eth..., cuv<id>          the wire of a flat network, or a VLAN of it
                   |-- gateway addresses        on the bridge itself, where the network leads out by this host
                   '-- veth cud<id> = dhcp0     in the namespace cudhcp-<id>: DHCP and metadata
"""

from __future__ import annotations

import hashlib
import ipaddress
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cumulo.common import errors, names
from cumulo.network.agent import links, openvswitch
from cumulo.network.agent.kernel import OPENVSWITCH, Place, run_program
from cumulo.network.agent.links import Link
from cumulo.network.agent.openvswitch import TUNNELS, Switch
from cumulo.network.agent.trunks import Carried

Network = Mapping[str, Any]
METADATA_ADDRESS = "169.254.169.254"
NAMESPACES = pathlib.Path("/run/netns")


def dhcp_subnets(network: Network) -> list[Mapping[str, Any]]:
    """The subnets that the DHCP server of the network serves."""
    return [each for each in network["subnets"] if each["enable_dhcp"] and each["dhcp_address"]
            and (each["ip_version"] == 4 or each.get("ipv6_address_mode") == "dhcpv6-stateful")]


def plan(network: Network, place: Place, handovers: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """What the network's devices must look like on this host; pure. Refuses what the host cannot carry.

    handovers: the (card, tunnel address) pairs of routers' gateways on other hosts that are reached by this network.
    """
    if network["provider"]["type"] not in place.types():
        raise errors.CommandFailed(f"This host cannot carry {network['provider']['type']} networks: {place.sentence()}.")
    kind, switched = network["provider"]["type"], place.mechanism == OPENVSWITCH
    wire = place.interfaces.get(network["provider"]["physical_network"] or "")
    if kind == "vlan" and wire is None:
        raise errors.CommandFailed(f"This host is not wired to {network['provider']['physical_network']}.")
    served = dhcp_subnets(network)
    addresses = [[each["dhcp_address"], _prefix_length(each)] for each in served]
    tunnel = _tunnel(network, place, handovers) if kind in TUNNELS else None
    way = _way(network, wire, tunnel) if switched and (tunnel or wire) else None
    return {
        "bridge": network["bridge"],
        "up": network["admin_state_up"],
        "mac_address": _bridge_mac_address(network["id"]),
        "mtu": network["mtu"],
        "tracks": place.abilities.tracks_bridges,
        "uplink": way["port"] if way and not tunnel else wire if kind == "flat" else None,
        "vlan_name": names.vlan_name(network["id"]),
        "vlan": [wire, network["provider"]["segmentation_id"]] if kind == "vlan" and not way else None,
        "tunnel_name": names.tunnel_name(network["id"]),
        "tunnel": tunnel,
        "way": way,
        "gateways": [[each["gateway_ip"], _prefix_length(each)] for each in network["subnets"]
                     if network["nat"] and each["ip_version"] == 4 and each["gateway_ip"]],
        "namespace": bool(served),
        "namespace_name": names.dhcp_namespace(network["id"]),
        "veth": names.dhcp_pair_name(network["id"]),
        "dhcp_mac_address": network["dhcp_mac_address"],
        "addresses": [*addresses, [METADATA_ADDRESS, 32]],
    }


def _way(network: Network, wire: str | None, tunnel: Mapping[str, Any] | None) -> dict[str, Any]:
    """How the network leaves by the switch."""
    port = names.tunnel_name(network["id"]) if tunnel else names.vlan_name(network["id"])
    return {"port": port, "kind": network["provider"]["type"], "number": network["provider"]["segmentation_id"],
            "mtu": network["mtu"], "wire": wire, "cards": tunnel["cards"] if tunnel else []}


def _tunnel(network: Network, place: Place, handovers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Where each card on another host is; addresses that two ports hold would be an argument, so the first has it."""
    afar = [port for port in network["ports"] if port["tunnel_address"] not in (None, "", place.tunnel_address)]
    neighbours: dict[str, str] = {}
    for port in afar:
        for fixed in port["fixed_ips"]:
            neighbours.setdefault(fixed["ip_address"], port["mac_address"])
    return {"switched": place.mechanism == OPENVSWITCH,
            "segmentation_id": network["provider"]["segmentation_id"], "local": place.tunnel_address,
            "cards": sorted([*([port["mac_address"], port["tunnel_address"]] for port in afar), *map(list, handovers)]),
            "neighbours": sorted([address, card] for address, card in neighbours.items())}


def _prefix_length(subnet: Mapping[str, Any]) -> int:
    return ipaddress.ip_network(subnet["cidr"]).prefixlen


def _bridge_mac_address(network_id: str) -> str:
    """A fixed address: left alone, a bridge takes its lowest card's and changes it as servers come and go."""
    digest = hashlib.sha256(network_id.encode()).digest()
    return "fa:16:3f:" + ":".join(f"{byte:02x}" for byte in digest[:3])


class Devices:
    """Has the netlink program make what is planned, and only when something differs."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._switch = Switch(openvswitch.datapath(place.abilities.switches), place.tunnel_address,
                              place.interfaces.values()) if place.mechanism == OPENVSWITCH else None
        self._applied: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, Link] | None = None  # what is here, until something is changed or it is time to look again

    def plan(self, network: Network, handovers: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What the devices must look like."""
        return plan(network, self._place, handovers)

    def apply(self, network: Network, handovers: Sequence[tuple[str, str]]) -> None:
        """Make the devices of the network as planned."""
        wanted = plan(network, self._place, handovers)
        if self._switch is not None and not self._switch.is_current():
            self._applied.clear()  # it has started again, and knows no network any more
        is_there = self._is_there(network["id"], wanted)
        if self._applied.get(network["id"]) == wanted and is_there:
            return
        if self._switch is not None:
            if not is_there:
                self._switch.forget(network["id"])  # what it was told of it may be gone as well
            self._switch.apply(network["id"], wanted["way"])
        self._seen = None
        run_program({"do": "apply", "plan": wanted})
        self._applied[network["id"]] = wanted

    def observe(self) -> None:
        """Look at what is here: `is_healthy` answers by that."""
        self._seen = links.held()
        if self._switch is not None:
            self._switch.observe()

    def is_healthy(self, network: Network) -> bool:
        """Say whether the devices are still there, and where they belong, as they were made."""
        made = self._applied.get(network["id"])
        return made is not None and self._is_there(network["id"], made)

    def _is_there(self, network_id: str, wanted: Mapping[str, Any]) -> bool:
        if self._seen is None:
            self._seen = links.held()
        return is_whole(wanted, self._seen) and (self._switch is None or self._switch.has(network_id))

    def carry(self, carried: list[Carried]) -> None:
        """Have the sub ports of trunks be in their bridges; only a host with a switch is ever asked for any."""
        if self._switch is not None and self._switch.carry(carried):
            run_program({"do": "cards", "cards": [[each.device, each.bridge, each.mtu] for each in carried]})

    def sweep_switch(self, keep: Iterable[str]) -> None:
        """Take from the switch whatever these networks, all made by now, and the trunks do not have."""
        if self._switch is not None:
            self._switch.sweep(keep)

    def switch_differences(self) -> list[str]:
        """Say what Open vSwitch has otherwise than it was told."""
        return [] if self._switch is None else self._switch.differences()

    def forget(self, keep: Iterable[str]) -> None:
        """Forget what was made for other networks than these, and take their ports from the switch."""
        kept, self._seen = set(keep), None
        if self._switch is not None:
            self._switch.make_room(kept)
        self._applied = {network_id: each for network_id, each in self._applied.items() if network_id in kept}

    def listed(self) -> dict[str, Any]:
        """Name the bridges, pairs, namespaces and cards (with their bridges) that are there."""
        return run_program({"do": "list"})


def is_whole(wanted: Mapping[str, Any], seen: Mapping[str, Link]) -> bool:
    """Say whether the devices of a plan are among what is here: up, and in their bridge."""
    bridge = seen.get(wanted["bridge"])
    if bridge is None or bridge.is_up != wanted["up"]:
        return False
    inside = [*([wanted["veth"]] if wanted["namespace"] else []), *([wanted["tunnel_name"]] if wanted["tunnel"] else []),
              *([wanted["vlan_name"]] if wanted["vlan"] else []), *([wanted["uplink"]] if wanted["uplink"] else [])]
    if any(name not in seen or seen[name].master != bridge.index or not seen[name].is_up for name in inside):
        return False
    return not wanted["namespace"] or (NAMESPACES / wanted["namespace_name"]).exists()
