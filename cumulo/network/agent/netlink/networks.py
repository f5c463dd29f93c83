"""The devices of networks: bridge, tunnel, uplink, and the namespace that holds DHCP and metadata."""

import re
from typing import Any

from pyroute2 import IPRoute

from cumulo.network.agent.netlink import tunnels
from cumulo.network.agent.netlink.space import (
    Actor,
    Space,
    inside,
    make_namespace,
    namespaces,
    quieten,
    remove_namespace,
)

DOOR = "dhcp0"
OURS = re.compile(r"(cu|cud|cux|cuv|cur|cuo|cus)[0-9a-f]{8}-[0-9a-f]{2}")
NAMESPACE, ROUTER = "cudhcp-", "cur-"
_BRIDGE, _PAIR, _TUNNEL, _VLAN = len("cu01234567-89"), "cud", "cux", "cuv"


def apply(actor: Actor, plan: dict[str, Any]) -> None:
    """Make one network's devices."""
    with IPRoute() as route:
        fit(Space(actor, route), plan)


def fit(host: Space, plan: dict[str, Any]) -> None:
    """The same in a space that is open."""
    bridge = _apply_bridge(host, plan)
    if plan["uplink"]:
        switched = plan["way"] is not None
        if switched:
            quieten(host, plan["uplink"])
        host.fit(plan["uplink"], master=bridge, mtu=plan["mtu"] if switched else None)
    _apply_vlan(host, bridge, plan)
    tunnels.apply(host, bridge, plan)
    host.addresses(plan["bridge"], [tuple(each) for each in plan["gateways"]])
    if plan["namespace"]:
        _apply_namespace(host, bridge, plan)
    else:
        host.remove(plan["veth"])
        remove_namespace(host.actor, plan["namespace_name"])


def cards(actor: Actor, wanted: list[list[Any]]) -> None:
    """Have devices that others made be in bridges, up and of a size."""
    with IPRoute() as route:
        host = Space(actor, route)
        for name, bridge, mtu in wanted:
            quieten(host, name)
            host.fit(name, mtu=mtu, master=host.index(bridge))


def sweep(actor: Actor, keep: set[str], legs: set[str]) -> list[str]:
    """Remove what belongs to networks that are not to be here, and legs of routers but these, and name it."""
    removed = []
    kept = legs | {f"{prefix}{network_id[:11]}" for network_id in keep for prefix in ("cu", _PAIR, _TUNNEL, _VLAN)}
    with IPRoute() as route:
        host = Space(actor, route)
        for name in [link.get_attr("IFLA_IFNAME") for link in route.get_links()]:
            if OURS.fullmatch(name) and name not in kept:
                host.remove(name)  # whose other end, which may have come before it, is gone with it
                removed.append(name)
    for name in namespaces():
        if name.startswith(NAMESPACE) and name.removeprefix(NAMESPACE) not in keep:
            remove_namespace(actor, name)
            removed.append(name)
    return sorted(removed)


def listed() -> dict[str, Any]:
    """Name what is there; change nothing."""
    with IPRoute() as route:
        links = [(link["index"], link.get_attr("IFLA_IFNAME"), link.get_attr("IFLA_MASTER")) for link in route.get_links()]
    ours = [name for _, name, _ in links if OURS.fullmatch(name)]
    bridges = {index: name for index, name, _ in links if name in ours and len(name) == _BRIDGE}
    return {
        "bridges": sorted(bridges.values()),
        "pairs": sorted(name for name in ours if len(name) > _BRIDGE and name.startswith(_PAIR)),
        "tunnels": sorted(name for name in ours if len(name) > _BRIDGE and name.startswith(_TUNNEL)),
        "cards": sorted([name, bridges[master]] for _, name, master in links
                        if master in bridges and name.startswith("tap")),
        "routers": sorted(name for name in namespaces() if name.startswith(ROUTER)),
        "namespaces": sorted(name for name in namespaces() if name.startswith(NAMESPACE)),
    }


def _apply_vlan(host: Space, bridge: int, plan: dict[str, Any]) -> None:
    if plan["vlan"] is None:
        if plan["vlan_name"] != plan["uplink"]:
            host.remove(plan["vlan_name"])
        return
    wire, number = plan["vlan"]
    under = host.fit(wire)
    host.make(plan["vlan_name"], kind="vlan", link=under, vlan_id=number)
    quieten(host, plan["vlan_name"])
    host.fit(plan["vlan_name"], mtu=plan["mtu"], master=bridge)


def _apply_bridge(host: Space, plan: dict[str, Any]) -> int:
    name = plan["bridge"]
    if host.look(name) is None:
        host.make(name, kind="bridge", address=plan["mac_address"])
        quieten(host, name)
    if plan["tracks"]:
        _track(host, name)
    return host.fit(name, up=plan["up"], mtu=plan["mtu"])


def _track(host: Space, name: str) -> None:
    """Have connections through this bridge known; what else is bridged on this machine is none of our business."""
    said = host.look(name).get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    if not said.get_attr("IFLA_BR_NF_CALL_IPTABLES") or not said.get_attr("IFLA_BR_NF_CALL_IP6TABLES"):
        host.actor.change(f"track connections through {name}", lambda: host.route.link(
            "set", index=host.index(name), kind="bridge", br_nf_call_iptables=1, br_nf_call_ip6tables=1))


def _apply_namespace(host: Space, bridge: int, plan: dict[str, Any]) -> None:
    make_namespace(host.actor, plan["namespace_name"])
    with inside(host.actor, plan["namespace_name"]) as there:
        # Its addresses are given to it: whatever a router announces is for guests.
        there.setting("ipv6/conf/default/accept_ra", "0")
        host.pair(plan["veth"], DOOR, there)
        there.setting(f"ipv6/conf/{DOOR}/accept_ra", "0")
        there.fit(DOOR, mtu=plan["mtu"], card=plan["dhcp_mac_address"])
        there.fit("lo")
        there.addresses(DOOR, [tuple(each) for each in plan["addresses"]])
    quieten(host, plan["veth"])
    host.fit(plan["veth"], master=bridge, mtu=plan["mtu"])
