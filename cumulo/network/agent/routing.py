"""What a router is on this host: a namespace with legs, routes and translation; pure.

    in<port>     a door into a network, with the same card and addresses on every host
    out0         the way out, where this host is the gateway or answers for a floating address
    second0      on the gateway's host: where other hosts hand over what leaves without a floating address

A host without the gateway sends what leaves to a next hop that exists nowhere else (HANDOVER), whose
card is the second door's. The answer needs no such way: the gateway delivers as every host does.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.common import names
from cumulo.network.agent import metering, nft, speed
from cumulo.network.agent.nft import Chain, Table
from cumulo.network.agent.wanted import Wanted

Router = Mapping[str, Any]
HANDOVER, HANDOVER6 = "169.254.64.1", "fe80::64:1"
METADATA_ADDRESS = "169.254.169.254"
FLOATING_TABLE = 100
_SLOWED = (("egress", "oifname", "saddr"), ("ingress", "iifname", "daddr"))
_ASKED_FOR = "ct state established,related accept"


def plan(router: Router, wanted: Wanted, host: str) -> dict[str, Any]:
    """What the router's namespace must look like here; doors into networks that are not here are left out."""
    doors = [each for each in router["interfaces"] if each["network_id"] in wanted.networks]
    way_out = _way_out(router, wanted, host)
    second = _second_door(router, wanted)
    legs = [*(_door(each, wanted) for each in doors), *([way_out] if way_out else []), *([second] if second else [])]
    up = router["admin_state_up"]
    return {
        "namespace": names.router_namespace(router["id"]),
        "legs": legs if up else [],
        "loopback": [[METADATA_ADDRESS, 32]],
        "neighbours": [*_handover_neighbours(router, wanted, doors)] if up else [],
        "routes": sorted(_routes(router, wanted, doors, way_out)) if up else [],
        "rules": sorted([f"{each['fixed_address']}/32", FLOATING_TABLE] for each in _answered(router)
                        if ":" not in each["fixed_address"]) if way_out and up else [],
        "rules_text": _nft(router, way_out is not None and up),
        "metering_text": metering.text(router, way_out is not None and up),
    }


def handover_card(router_id: str) -> str:
    """The card of a router's second door: the same to all hosts that look for it."""
    return _card(f"handover {router_id}")


def hands_over(router: Router, wanted: Wanted) -> bool:
    """Say whether what leaves goes to another host."""
    gateway = router["gateway"]
    return bool(gateway and not gateway["is_here"] and gateway["tunnel_address"] and router["transit_network_id"] in wanted.networks)


def _door(door: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    network = wanted.networks[door["network_id"]]
    return {"outside": names.router_leg_name(door["port_id"]), "inside": _inside(door), "bridge": network["bridge"],
            "card": door["mac_address"], "mtu": network["mtu"], "addresses": sorted(door["addresses"]), "announced": False}


def _inside(door: Mapping[str, Any]) -> str:
    return names.router_leg_inside(door["port_id"])


def _way_out(router: Router, wanted: Wanted, host: str) -> dict[str, Any] | None:
    """The leg to the external network, which holds every address that this host answers for."""
    gateway = router["gateway"]
    if gateway is None or gateway["network_id"] not in wanted.networks:
        return None
    held = [[each["floating_address"], 128 if ":" in each["floating_address"] else 32] for each in _answered(router)]
    if gateway["is_here"]:
        held += [*gateway["addresses"], *([each["floating_address"], 32] for each in router["forwardings"])]
    elif not held:
        return None
    network = wanted.networks[gateway["network_id"]]
    card = gateway["mac_address"] if gateway["is_here"] else _card(f"way out {router['id']} {host}")
    return {"outside": names.router_way_out_name(router["id"]), "inside": "out0", "bridge": network["bridge"], "card": card,
            "mtu": network["mtu"], "addresses": sorted(map(list, {tuple(each) for each in held})), "announced": True}


def _second_door(router: Router, wanted: Wanted) -> dict[str, Any] | None:
    gateway, transit = router["gateway"], router["transit_network_id"]
    if gateway is None or not gateway["is_here"] or transit not in wanted.networks:
        return None
    network = wanted.networks[transit]
    return {"outside": names.router_second_door_name(router["id"]), "inside": "second0", "bridge": network["bridge"],
            "card": handover_card(router["id"]), "mtu": network["mtu"], "addresses": [], "announced": False}


def _answered(router: Router) -> list[Mapping[str, Any]]:
    return [each for each in router["floating"] if each["is_here"]]


def _handover_neighbours(router: Router, wanted: Wanted, doors: list[Mapping[str, Any]]) -> Iterator[list[str]]:
    if hands_over(router, wanted):
        door = _transit_door(router, doors)
        for address in (HANDOVER, HANDOVER6):
            yield [_inside(door), address, handover_card(router["id"])]


def _transit_door(router: Router, doors: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(each for each in doors if each["network_id"] == router["transit_network_id"])


def _routes(router: Router, wanted: Wanted, doors: list[Mapping[str, Any]],
            way_out: Mapping[str, Any] | None) -> Iterator[list[Any]]:
    """[destination, next hop, device ("": the kernel finds it), table]"""
    gateway = router["gateway"]
    if gateway and gateway["is_here"] and way_out:
        yield from ([_default(hop), hop, "out0", 254] for hop in gateway["next_hops"])
    elif hands_over(router, wanted):
        inside = _inside(_transit_door(router, doors))
        yield from ([_default(hop), hop, inside, 254] for hop in (HANDOVER, HANDOVER6))
    if way_out:
        yield from ([_default(hop), hop, "out0", FLOATING_TABLE] for hop in gateway["next_hops"] if ":" not in hop)
        # What is between the router's own networks stays inside, whoever sends it.
        for door in doors:
            for address, length in door["addresses"]:
                if ":" not in address:
                    network = str(ipaddress.ip_network(f"{address}/{length}", strict=False))
                    yield [network, "", _inside(door), FLOATING_TABLE]
    reached = [ipaddress.ip_network(f"{address}/{length}", strict=False) for door in doors
               for address, length in door["addresses"]]
    for route in router["routes"]:
        hop = ipaddress.ip_address(route["nexthop"])
        if any(hop in network for network in reached):
            yield [route["destination"], route["nexthop"], "", 254]


def _default(hop: str) -> str:
    return "::/0" if ":" in hop else "0.0.0.0/0"


def _nft(router: Router, leads_out: bool) -> str:
    """The table of the namespace, written whole: it is small."""
    table = Table("ip", "router", {}, _chains(router) if leads_out else {})
    return nft.whole(table) if leads_out else nft.none(table)


def _chains(router: Router) -> dict[str, Chain]:
    gateway = router["gateway"]
    answered = sorted((each for each in _answered(router) if ":" not in each["floating_address"]),
                      key=lambda each: str(each["floating_address"]))
    arriving = [f"ip daddr {each['floating_address']} dnat to {each['fixed_address']}" for each in answered]
    leaving = [f'oifname "out0" ip saddr {each["fixed_address"]} snat to {each["floating_address"]}' for each in answered]
    slow = [rule for each in answered for direction, leg, side in _SLOWED
            for rule in speed.limits(each.get("qos") or {}, direction, f'{leg} "out0" ip {side} {each["fixed_address"]}')]
    if gateway["is_here"]:
        arriving += sorted(map(_forwarding, router["forwardings"]))
        own = [address for address, _ in gateway["addresses"] if ":" not in address]
        if gateway["enable_snat"] and own:
            leaving.append(f'oifname "out0" ip saddr != {own[0]} ct status & dnat != dnat snat to {own[0]}')
    return {
        "arriving": Chain(tuple(arriving), "type nat hook prerouting priority dstnat; policy accept;"),
        "leaving": Chain(tuple(leaving), "type nat hook postrouting priority srcnat; policy accept;"),
        # Counted by the servers' own addresses, and only what goes out or comes in: never what stays inside.
        **({"slow": Chain(tuple(slow), "type filter hook forward priority -10; policy accept;")} if slow else {}),
        # Nobody outside reaches a server by its own address; what was translated, or was asked for, comes in.
        "passing": Chain((_ASKED_FOR, 'iifname "out0" ct status dnat accept', 'iifname "out0" drop')
                         if gateway["enable_snat"] else (), "type filter hook forward priority filter; policy accept;"),
        "here": Chain((_ASKED_FOR, 'iifname "out0" ip protocol icmp accept', 'iifname "out0" drop'),
                      "type filter hook input priority filter; policy accept;"),
    }


def _forwarding(each: Mapping[str, Any]) -> str:
    return (f"ip daddr {each['floating_address']} {each['protocol']} dport {each['external_port']} "
            f"dnat to {each['internal_address']}:{each['internal_port']}")


def _card(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "fa:16:3f:" + ":".join(f"{byte:02x}" for byte in digest[:3])
