"""A program: makes the bridge, the namespace and the devices of networks, over netlink.

It reads one JSON request from standard input, does it, writes one JSON answer and ends:

    {"do": "apply", "plan": {...}}      make a network's devices as bridge.plan describes them
    {"do": "sweep", "keep": [...]}      remove every device and namespace of ours that no id here names
    {"do": "list"}                      name every device and namespace of ours, and the cards in our bridges

A program of its own because pyroute2 runs an event loop and forks: in a process whose standard
library is monkey-patched neither works. For the same reason it imports nothing of this project.
Every action looks first, so that any of them may run twice or after half a run.
"""

import json
import os
import pathlib
import re
import sys
from typing import Any

from pyroute2 import IPRoute, netns

NETNS = pathlib.Path("/run/netns")
INSIDE = "dhcp0"
OURS = re.compile(r"(cu|cud)[0-9a-f]{8}-[0-9a-f]{2}")
NAMESPACE = "cudhcp-"

Address = tuple[str, int]


def main() -> None:
    """Serve the one request."""
    request = json.load(sys.stdin)
    actions = {"apply": lambda: apply(request["plan"]), "sweep": lambda: sweep(set(request["keep"])),
               "list": listed}
    json.dump(actions[request["do"]](), sys.stdout)


def apply(plan: dict[str, Any]) -> dict[str, Any]:
    """Make one network's devices."""
    with IPRoute() as host:
        bridge = _link(host, plan["bridge"])
        if bridge is None:
            host.link("add", ifname=plan["bridge"], kind="bridge", address=plan["mac_address"])
            bridge = _link(host, plan["bridge"])
            _quieten(plan["bridge"])
        host.link("set", index=bridge, mtu=plan["mtu"], state="up")
        _set_addresses(host, bridge, [tuple(each) for each in plan["gateways"]])
        if plan["namespace"]:
            _apply_namespace(host, bridge, plan)
        else:
            _remove_namespace(host, plan["veth"], plan["namespace_name"])
    return {}


def sweep(keep: set[str]) -> dict[str, Any]:
    """Remove what belongs to networks that are not to be here, and name it."""
    removed = []
    kept_links = {f"{prefix}{network_id[:11]}" for network_id in keep for prefix in ("cu", "cud")}
    with IPRoute() as host:
        for link in list(host.get_links()):
            name = link.get_attr("IFLA_IFNAME")
            if OURS.fullmatch(name) and name not in kept_links:
                host.link("del", index=link["index"])
                removed.append(name)
    for name in _namespaces():
        if name.startswith(NAMESPACE) and name.removeprefix(NAMESPACE) not in keep:
            netns.remove(name)
            removed.append(name)
    return {"removed": sorted(removed)}


def listed() -> dict[str, Any]:
    """Name what is there; change nothing."""
    bridges, pairs, members = {}, [], []
    with IPRoute() as host:
        for link in host.get_links():
            name = link.get_attr("IFLA_IFNAME")
            if not OURS.fullmatch(name):
                members.append((name, link.get_attr("IFLA_MASTER")))
            elif name.startswith("cud"):
                pairs.append(name)
            else:
                bridges[link["index"]] = name
    cards = [[name, bridges[master]] for name, master in members if master in bridges]
    namespaces = [name for name in _namespaces() if name.startswith(NAMESPACE)]
    return {"bridges": sorted(bridges.values()), "pairs": sorted(pairs), "cards": sorted(cards),
            "namespaces": sorted(namespaces)}


def _apply_namespace(host: IPRoute, bridge: int, plan: dict[str, Any]) -> None:
    name = plan["namespace_name"]
    if name not in _namespaces():
        netns.create(name)
    veth = _link(host, plan["veth"])
    with IPRoute(netns=name) as inside:
        if veth is None or _link(inside, INSIDE) is None:
            _make_pair(host, plan["veth"], veth, name)
            veth = _link(host, plan["veth"])
            _quieten(plan["veth"])
        host.link("set", index=veth, master=bridge, mtu=plan["mtu"], state="up")
        card = _link(inside, INSIDE)
        if card is None:
            raise RuntimeError(f"{INSIDE} is missing in {name}")
        if _mac_address(inside, card) != plan["dhcp_mac_address"]:
            inside.link("set", index=card, state="down")
            inside.link("set", index=card, address=plan["dhcp_mac_address"])
        inside.link("set", index=card, mtu=plan["mtu"], state="up")
        inside.link("set", index=1, state="up")
        _set_addresses(inside, card, [tuple(each) for each in plan["addresses"]])


def _make_pair(host: IPRoute, outside: str, present: int | None, namespace: str) -> None:
    if present is not None:
        host.link("del", index=present)
    target = os.open(NETNS / namespace, os.O_RDONLY)
    try:
        host.link("add", ifname=outside, kind="veth", peer={"ifname": INSIDE, "net_ns_fd": target})
    finally:
        os.close(target)


def _remove_namespace(host: IPRoute, veth: str, namespace: str) -> None:
    index = _link(host, veth)
    if index is not None:
        host.link("del", index=index)
    if namespace in _namespaces():
        netns.remove(namespace)


def _set_addresses(route: IPRoute, index: int, wanted: list[Address]) -> None:
    """Give a device exactly these IPv4 addresses."""
    held = {(each.get_attr("IFA_ADDRESS"), each["prefixlen"]) for each in route.get_addr(index=index, family=2)}
    for address, length in held - set(wanted):
        route.addr("del", index=index, address=address, prefixlen=length)
    for address, length in wanted:
        if (address, length) not in held:
            route.addr("add", index=index, address=address, prefixlen=length)


def _link(route: IPRoute, name: str) -> int | None:
    return next(iter(route.link_lookup(ifname=name)), None)


def _mac_address(route: IPRoute, index: int) -> str:
    return str(route.get_links(index)[0].get_attr("IFLA_ADDRESS"))


def _quieten(name: str) -> None:
    """Keep the host itself from speaking IPv6 on a guest network."""
    setting = pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
    if setting.exists():
        setting.write_text("1")


def _namespaces() -> list[str]:
    return [each.name for each in NETNS.iterdir()] if NETNS.is_dir() else []


if __name__ == "__main__":
    main()
