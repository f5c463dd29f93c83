"""Routers: namespaces with legs in bridges, routes, rules of routing and a table of nftables."""

import socket
import struct
import time
from typing import Any

from pyroute2 import IPRoute

from cumulo.network.agent.netlink import tables
from cumulo.network.agent.netlink.networks import ROUTER
from cumulo.network.agent.netlink.space import (
    Actor,
    Space,
    apart,
    inside,
    make_namespace,
    namespaces,
    quieten,
    remove_namespace,
)

_SETTINGS = {
    "ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1", "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0", "ipv4/conf/all/send_redirects": "0", "ipv4/conf/default/send_redirects": "0",
    # An address of one leg is nobody's business on another.
    "ipv4/conf/all/arp_ignore": "1", "ipv4/conf/default/arp_ignore": "1", "ipv6/conf/default/accept_dad": "0",
}
_FORWARDS_WITHIN_S, _FORWARDING = 1.0, 3
_STATIC, _PERMANENT, _MAIN = 4, 0x80, 254


def apply(actor: Actor, plan: dict[str, Any], *, announce_all: bool = False) -> None:
    """Make one router; with announce_all tell of what it had already, as whoever gave it that may have died before it could."""
    make_namespace(actor, plan["namespace"])
    with IPRoute() as route, inside(actor, plan["namespace"]) as there:
        host = Space(actor, route)
        for name, value in _SETTINGS.items():
            there.setting(name, value)
        there.fit("lo")
        there.addresses("lo", [tuple(each) for each in plan["loopback"]] + [("127.0.0.1", 8), ("::1", 128)])
        _translate(actor, {"ip router": plan["rules_text"], "inet metering": plan["metering_text"]})
        _remove_others(there, {each["inside"] for each in plan["legs"]})
        new = [(leg, address) for leg in plan["legs"] for address in _leg(there, host, leg, announce_all)]
        _neighbours(there, plan["neighbours"])
        _routes(there, plan["routes"])
        _rules(there, plan["rules"])
        for leg in {leg["outside"]: leg for leg, _ in new}.values():
            _wait_for_port(host, leg["outside"])
        for leg, address in new:
            _announce(leg["inside"], leg["card"], address)
    with IPRoute() as route:  # settings are those of the namespace that the program is in, which is the host's again
        for leg in plan["legs"]:
            quieten(Space(actor, route), leg["outside"])


def sweep(actor: Actor, keep: set[str]) -> list[str]:
    """Remove routers that are not to be here; their legs go with them."""
    gone = [name for name in namespaces() if name.startswith(ROUTER) and name not in keep]
    for name in gone:
        with inside(actor, name) as there:
            _remove_others(there, set())
        remove_namespace(actor, name)
    return gone


def _leg(there: Space, host: Space, leg: dict[str, Any], announce_all: bool) -> list[str]:
    """Make a leg; return the addresses that it has now and that others must be told of."""
    host.pair(leg["outside"], leg["inside"], there)
    there.setting(f"ipv4/conf/{leg['inside']}/rp_filter", "0")
    before = {each.get_attr("IFA_ADDRESS") for each in there.route.get_addr(index=there.index(leg["inside"]))}
    there.fit(leg["inside"], mtu=leg["mtu"], card=leg["card"])
    there.addresses(leg["inside"], [tuple(each) for each in leg["addresses"]])
    host.fit(leg["outside"], mtu=leg["mtu"], master=host.index(leg["bridge"]))
    return [address for address, _ in leg["addresses"]
            if leg["announced"] and ":" not in address and (announce_all or address not in before)]


def _wait_for_port(host: Space, name: str) -> None:
    """Wait until the bridge forwards what comes from a device that was just made: until then it drops it."""
    deadline = time.monotonic() + _FORWARDS_WITHIN_S
    while time.monotonic() < deadline:
        said = host.look(name).get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
        if said is not None and said.get_attr("IFLA_BRPORT_STATE") == _FORWARDING:
            return
        time.sleep(0.005)


def _announce(device: str, card: str, address: str) -> None:
    """Tell everybody on the wire whose an address is now (gratuitous ARP, RFC 5227)."""
    source, own = bytes.fromhex(card.replace(":", "")), socket.inet_aton(address)
    frame = b"\xff" * 6 + source + struct.pack("!H", 0x0806)
    frame += struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, source, own, bytes(6), own)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((device, 0))
        wire.send(frame)


def _remove_others(there: Space, kept: set[str]) -> None:
    for link in list(there.route.get_links()):
        name = link.get_attr("IFLA_IFNAME")
        if name != "lo" and name not in kept and link.get_attr("IFLA_LINKINFO") is not None:
            there.remove(name)


def _neighbours(there: Space, wanted: list[list[str]]) -> None:
    index = {device: there.index(device) for device, _, _ in wanted}
    needed = {(index[device], address, card) for device, address, card in wanted}
    held = {(each["ifindex"], each.get_attr("NDA_DST"), each.get_attr("NDA_LLADDR"))
            for each in there.route.get_neighbours() if each["state"] & _PERMANENT}
    for device, address, card in sorted(held - needed):
        there.actor.change(f"forget the neighbour {address} in {there.namespace}", lambda d=device, a=address, c=card:
                           there.route.neigh("del", ifindex=d, dst=a, lladdr=c))
    for device, address, card in sorted(needed - held):
        there.actor.change(f"know the neighbour {address} in {there.namespace}", lambda d=device, a=address, c=card:
                           there.route.neigh("replace", ifindex=d, dst=a, lladdr=c, state="permanent"))


def _routes(there: Space, wanted: list[list[Any]]) -> None:
    """Have exactly these routes besides those that follow from addresses."""
    held = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        for each in there.route.get_routes(family=family, proto=_STATIC):
            held[_seen(each, family)] = each
    names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in there.route.get_links()}
    needed = {(destination, hop, table): device for destination, hop, device, table in wanted}
    for key, each in sorted(held.items()):
        device = needed.get(key)
        if device is None or device and names.get(each.get_attr("RTA_OIF")) != device:
            there.actor.change(f"remove the route to {key[0]} in {there.namespace}", lambda k=key, e=each: there.route.route(
                "del", dst=k[0], table=k[2], family=e["family"], proto=_STATIC, scope=e["scope"], oif=e.get_attr("RTA_OIF")))
            held = {other: route for other, route in held.items() if other != key}
    for key in sorted(needed.keys() - held.keys()):
        there.actor.change(f"make the route to {key[0]} in {there.namespace}",
                           lambda k=key: there.route.route("add", **_route(there, k, needed[k])))


def _seen(route: Any, family: int) -> tuple[str, str, int]:
    everything = "0.0.0.0" if family == socket.AF_INET else "::"
    destination = f"{route.get_attr('RTA_DST') or everything}/{route['dst_len']}"
    return destination, route.get_attr("RTA_GATEWAY") or "", int(route.get_attr("RTA_TABLE"))


def _route(there: Space, key: tuple[str, str, int], device: str) -> dict[str, Any]:
    destination, hop, table = key
    made: dict[str, Any] = {"dst": destination, "table": table, "proto": _STATIC,
                            "family": socket.AF_INET6 if ":" in destination else socket.AF_INET}
    if hop:
        made["gateway"] = hop
    if device:
        made["oif"] = there.index(device)
        made["flags"] = 4 if hop else 0  # RTNH_F_ONLINK: the next hop need not be in a network of the leg
    if not hop:
        made["scope"] = 253
    return made


def _rules(there: Space, wanted: list[list[Any]]) -> None:
    """Have exactly these addresses routed by another table."""
    needed = {(source, table) for source, table in wanted}
    held = {(f"{each.get_attr('FRA_SRC')}/{each['src_len']}", int(each.get_attr("FRA_TABLE")))
            for each in there.route.get_rules(family=socket.AF_INET) if each.get_attr("FRA_SRC")}
    for source, table in sorted(held - needed):
        there.actor.change(f"stop routing {source} apart in {there.namespace}", lambda s=source, t=table:
                           there.route.rule("del", src=s, table=t, priority=1000))
    for source, table in sorted(needed - held):
        there.actor.change(f"route {source} apart in {there.namespace}", lambda s=source, t=table:
                           there.route.rule("add", src=s, table=t, priority=1000))


def _translate(actor: Actor, texts: dict[str, str]) -> None:
    """Have the tables of this namespace be as the texts make them, compared in one where only the texts were loaded."""
    with apart():
        right = tables.of_namespace("".join(texts.values()))
    held = tables.of_namespace("")
    for place in sorted(held.keys() | texts.keys()):
        if held.get(place) != right.get(place):
            actor.change(f"change table {place} of a router", lambda p=place: tables.load(texts.get(p, f"delete table {p}\n")))
