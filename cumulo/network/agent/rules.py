"""Rules of security groups as rules of nftables; pure.

A rule matches the packet's version of IP, protocol, ports or ICMP type and code, and the other side;
what matches is accepted.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

Rule = Mapping[str, Any]

# Names that the API accepts and their numbers (IANA); a number as text stands for itself.
PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "icmp": 1, "icmpv6": 58, "igmp": 2, "ipip": 4,
    "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43,
    "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}
_WITH_PORTS = (6, 17, 33, 132, 136)
_ICMP, _ICMP6 = 1, 58


def set_name(prefixes_id: str, version: int) -> str:
    """The name of the set that holds the prefixes of one version of IP."""
    return f"p{version}_{identifier(prefixes_id)}"


def identifier(some_id: str) -> str:
    """An id as nftables takes it in names."""
    return some_id.replace("-", "_")


def accept(rule: Rule) -> str:
    """The rule of nftables that accepts what this rule lets through."""
    return " ".join([*_matches(rule), "accept"])


@dataclasses.dataclass(frozen=True)
class Packet:
    """What a rule looks at; first and second are the ports, or the type and code of ICMP."""

    protocol: int
    source: str
    target: str
    first: int | None = None
    second: int | None = None


def matches(rule: Rule, packet: Packet, prefixes: Mapping[str, Any]) -> bool:
    """Say of a packet what the rule of nftables says of it; prefixes are the lists that rules name."""
    version = 6 if rule["ethertype"] == "IPv6" else 4
    other = packet.source if rule["direction"] == "ingress" else packet.target
    if (":" in other) != (version == 6):
        return False
    number = protocol(rule["protocol"], version)
    if number is not None and (number != packet.protocol or not _is_inside(rule, number, packet)):
        return False
    if rule["remote_set"]:
        held = prefixes[rule["remote_set"]]["prefixes"] if rule["remote_set"] in prefixes else ()
        return any(_holds(each, other) for each in held)
    return not rule["remote_prefix"] or _holds(rule["remote_prefix"], other)


def _holds(prefix: str, address: str) -> bool:
    return prefix == address or ipaddress.ip_address(address) in ipaddress.ip_network(prefix, strict=False)


def _is_inside(rule: Rule, number: int, packet: Packet) -> bool:
    low, high = rule["port_range_min"], rule["port_range_max"]
    if number in (_ICMP, _ICMP6):
        return low in (None, packet.first) and high in (None, packet.second)
    if number in _WITH_PORTS and (low is not None or high is not None):
        first, last = low if low is not None else high, high if high is not None else low
        return packet.second is not None and first <= packet.second <= last
    return True


def _matches(rule: Rule) -> Iterator[str]:
    version = 6 if rule["ethertype"] == "IPv6" else 4
    side = "saddr" if rule["direction"] == "ingress" else "daddr"
    field = "ip6" if version == 6 else "ip"
    if rule["remote_set"]:
        yield f"{field} {side} @{set_name(rule['remote_set'], version)}"
    elif rule["remote_prefix"] and not rule["remote_prefix"].endswith("/0"):
        yield f"{field} {side} {rule['remote_prefix']}"
    else:
        yield f"ether type {field}"
    number = protocol(rule["protocol"], version)
    if number is not None:
        yield f"meta l4proto {number}"
        yield from _inside(number, rule["port_range_min"], rule["port_range_max"])


def protocol(name: str | None, version: int) -> int | None:
    """The number of a protocol by its name; None is any."""
    if name is None or name in ("any", "0"):
        return None
    if name == "icmp" and version == 6:
        return _ICMP6
    return PROTOCOLS[name] if name in PROTOCOLS else int(name)


def _inside(number: int, low: int | None, high: int | None) -> Iterator[str]:
    """Ports as a range; for ICMP they are the type and the code."""
    if number in (_ICMP, _ICMP6):
        word = "icmp" if number == _ICMP else "icmpv6"
        if low is not None:
            yield f"{word} type {low}"
        if high is not None:
            yield f"{word} code {high}"
    elif number in _WITH_PORTS and (low is not None or high is not None):
        first, last = low if low is not None else high, high if high is not None else low
        yield f"th dport {first}" if first == last else f"th dport {first}-{last}"
