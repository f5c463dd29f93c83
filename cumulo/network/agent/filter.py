"""What cards may send and receive, as one nftables table of the bridge family; pure.

    prerouting   a card's own addresses (guard), its limits; before the bridge learns anything
    leaving      what the port's groups let out: on the way to other cards, and to this host
    arriving     what they let in: from other cards, and from this host

nftables looks a card up in a map, so the number of ports costs a packet nothing. Ports with the same
groups share their chains. What belongs to a connection that was let through carries a mark: the
kernel's bridge family need not know connections (see track.py).
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.common import names
from cumulo.network.agent import rules, speed
from cumulo.network.agent.nft import Chain, Collection, Table
from cumulo.network.agent.wanted import Wanted

Port = Mapping[str, Any]
FAMILY, NAME = "bridge", "cumulo"
MARK = 0x10000
_IS_KNOWN = f"meta mark & {MARK:#x} == {MARK:#x} accept"
_CARDS = "type ifname . ether_addr;"
_FROM = {4: "type ifname . ether_addr . ipv4_addr;", 6: "type ifname . ether_addr . ipv6_addr;"}
_SPEAKS = "typeof iifname . ether saddr . @th,64,128;"
_PREFIXES = {4: "type ipv4_addr; flags interval;", 6: "type ipv6_addr; flags interval;"}
_CONVERSATION = "nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, mld-listener-report, "\
    "mld-listener-done, mld2-listener-report"

# What a trunk's card sends and gets with tags is its sub ports' business, and the switch's.
_NO_TAGS = "{} @trunks ether type 0x8100 drop"

_FIXED = {
    "prerouting": Chain(("iifname @down drop", _NO_TAGS.format("iifname"), "iifname @guarded jump guard", "iifname vmap @limits"),
                        "type filter hook prerouting priority -300; policy accept;"),
    "leaving": Chain(("iifname vmap @out",), "type filter hook forward priority 0; policy accept;"),
    "arriving": Chain(("oifname @down drop", _NO_TAGS.format("oifname"), "oifname vmap @limits_in", "oifname vmap @in"),
                      "type filter hook forward priority 10; policy accept;"),
    "to_host": Chain(("iifname vmap @out",), "type filter hook input priority 0; policy accept;"),
    "from_host": Chain(("oifname @down drop", "oifname vmap @limits_in", "oifname vmap @in"),
                       "type filter hook output priority 0; policy accept;"),
    "guard": Chain((
        "iifname . ether saddr != @cards drop", "ether type arp jump guard_arp", "ether type ip jump guard_ip",
        "ether type ip6 jump guard_ip6", "ether type != { arp, ip, ip6 } drop")),
    "guard_arp": Chain((
        "iifname . arp saddr ether != @cards drop", "arp saddr ip 0.0.0.0 return",
        "iifname . arp saddr ether . arp saddr ip @from4 return",
        "iifname . arp saddr ether . arp saddr ip @from4_ranges return", "drop")),
    "guard_ip": Chain((
        "ip saddr 0.0.0.0 udp sport 68 udp dport 67 return", "udp sport 67 udp dport 68 drop",
        "iifname . ether saddr . ip saddr @from4 return", "iifname . ether saddr . ip saddr @from4_ranges return",
        "drop")),
    "guard_ip6": Chain((
        "icmpv6 type { nd-router-advert, nd-redirect } drop", "udp sport 547 udp dport 546 drop",
        "ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, mld-listener-report, mld2-listener-report }"
        " return", "icmpv6 type nd-neighbor-advert jump guard_neighbour",
        "iifname . ether saddr . ip6 saddr @from6 return", "iifname . ether saddr . ip6 saddr @from6_ranges return",
        "drop")),
    # What an advertisement speaks for: the 16 bytes after the header of ICMPv6 and its flags (RFC 4861, 4.4).
    "guard_neighbour": Chain((
        "iifname . ether saddr . @th,64,128 @speaks6 return",
        "iifname . ether saddr . @th,64,128 @speaks6_ranges return", "drop")),
    "always_out": Chain((
        "ether type arp accept", "ether type ip udp sport 68 udp dport 67 accept",
        "ether type ip6 udp sport 546 udp dport 547 accept", f"icmpv6 type {{ {_CONVERSATION} }} accept")),
    "always_in": Chain((
        "ether type arp accept", "ether type ip udp sport 67 udp dport 68 accept",
        "ether type ip6 udp sport 547 udp dport 546 accept",
        f"icmpv6 type {{ {_CONVERSATION}, nd-router-advert }} accept")),
}
_KINDS = {
    "down": "type ifname;", "trunks": "type ifname;", "guarded": "type ifname;", "cards": _CARDS, "from4": _FROM[4], "from6": _FROM[6],
    "from4_ranges": f"{_FROM[4]} flags interval;", "from6_ranges": f"{_FROM[6]} flags interval;",
    # The same addresses as numbers: raw bytes of a packet have no other type.
    "speaks6": _SPEAKS, "speaks6_ranges": f"{_SPEAKS} flags interval;",
}
_MAPS = ("out", "in", "limits", "limits_in")


def table(wanted: Wanted) -> Table:
    """The table for the ports that are here."""
    elements: dict[str, set[str]] = {name: set() for name in (*_KINDS, *_MAPS)}
    chains = dict(_FIXED)
    for _, port in wanted.ports_here():
        tap = f'"{names.tap_name(port["id"])}"'
        if not port["admin_state_up"]:
            elements["down"].add(tap)
        if port.get("sub_ports"):
            elements["trunks"].add(tap)
        for name, chain in _limits(port):
            elements["limits_in" if name.startswith("slow_in") else "limits"].add(f"{tap} : jump {name}")
            chains[name] = chain
        if port["port_security_enabled"]:
            elements["guarded"].add(tap)
            _guard(elements, tap, port)
            combination = _combination(port, wanted)
            elements["out"].add(f"{tap} : jump out_{combination}")
            elements["in"].add(f"{tap} : jump in_{combination}")
            chains |= _combined(combination, port, wanted)
    chains |= _groups(wanted)
    collections = {name: Collection(kind, frozenset(elements[name])) for name, kind in _KINDS.items()}
    collections |= {name: Collection("type ifname : verdict;", frozenset(elements[name]), True) for name in _MAPS}
    return Table(FAMILY, NAME, collections | _prefixes(wanted), chains)


def _guard(elements: dict[str, set[str]], tap: str, port: Port) -> None:
    """What the port may send from: its card with its addresses, and the pairs that it was allowed."""
    card = port["mac_address"]
    own = [(card, fixed["ip_address"]) for fixed in port["fixed_ips"]]
    own += [(card, link_local(card))]
    pairs = [(each.get("mac_address") or card, each["ip_address"]) for each in port["allowed_address_pairs"]]
    elements["cards"] |= {f"{tap} . {each}" for each, _ in (*own, *pairs)}
    for each, address in (*own, *pairs):
        version = 6 if ":" in address else 4
        ranges = "_ranges" if is_range(address) else ""
        text = str(ipaddress.ip_network(address, strict=False)) if ranges else _alone(address)
        elements[f"from{version}{ranges}"].add(f"{tap} . {each} . {text}")
        if version == 6:
            network = ipaddress.ip_network(address, strict=False)
            first, last = int(network.network_address), int(network.broadcast_address)
            elements[f"speaks6{ranges}"].add(f"{tap} . {each} . {first:#034x}" + (f"-{last:#034x}" if ranges else ""))


def _alone(text: str) -> str:
    """An address without its length, in the one way to write it; that of IPv4 has only one."""
    address = text.partition("/")[0]
    return str(ipaddress.IPv6Address(address)) if ":" in address else address


def is_range(text: str) -> bool:
    """Say whether a prefix is more than one address."""
    return "/" in text and not text.endswith("/128" if ":" in text else "/32")


@functools.lru_cache(maxsize=1 << 16)
def link_local(card: str) -> str:
    """The address that a card gives itself (RFC 4291, appendix A)."""
    packed = bytearray.fromhex(card.replace(":", ""))
    packed[0] ^= 2
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes(packed[:3]) + b"\xff\xfe" + bytes(packed[3:])))


def _combination(port: Port, wanted: Wanted) -> str:
    """A name that ports with the same groups share."""
    known = [each for each in sorted(port["groups"]) if each in wanted.groups]
    stateful = "s" if is_stateful(port, wanted) else "n"
    return f"{stateful}{hashlib.sha256(' '.join(known).encode()).hexdigest()[:24]}"


def is_stateful(port: Port, wanted: Wanted) -> bool:
    """Groups that keep no state make a port that keeps none; one that does is enough for all."""
    known = [wanted.groups[each] for each in port["groups"] if each in wanted.groups]
    return not known or any(group["stateful"] for group in known)


def _combined(combination: str, port: Port, wanted: Wanted) -> dict[str, Chain]:
    known = (_IS_KNOWN,) if is_stateful(port, wanted) else ()
    groups = [rules.identifier(each) for each in sorted(port["groups"]) if each in wanted.groups]
    return {f"{way}_{combination}": Chain((*known, f"jump always_{way}", *(f"jump {way}_{each}" for each in groups), "drop"))
            for way in ("out", "in")}


def _groups(wanted: Wanted) -> dict[str, Chain]:
    chains = {}
    for group_id, group in wanted.groups.items():
        for way, direction in (("out", "egress"), ("in", "ingress")):
            accepted = {rules.accept(rule) for rule in group["rules"] if rule["direction"] == direction}
            chains[f"{way}_{rules.identifier(group_id)}"] = Chain(tuple(sorted(accepted)))
    return chains


def _prefixes(wanted: Wanted) -> dict[str, Collection]:
    found = {}
    for prefixes_id, each in wanted.prefixes.items():
        for version in (4, 6):
            texts = [text for text in each["prefixes"] if (":" in text) == (version == 6)]
            found[rules.set_name(prefixes_id, version)] = Collection(_PREFIXES[version], _intervals(texts))
    return found


def _intervals(texts: list[str]) -> frozenset[str]:
    """Put together where they overlap: an interval set refuses what it has already. Addresses alone never do."""
    if not any(map(is_range, texts)):
        return frozenset(map(_alone, texts))
    networks = [ipaddress.ip_network(text, strict=False) for text in texts]
    return frozenset(map(str, ipaddress.collapse_addresses(networks)))  # type: ignore[type-var]


def _limits(port: Port) -> Iterator[tuple[str, Chain]]:
    """Chains that drop what is too fast and mark what leaves."""
    qos, name = port.get("qos") or {}, rules.identifier(port["id"])
    leaving = [*speed.limits(qos, "egress")]
    if "dscp_mark" in qos:
        leaving += [f"ip dscp set {qos['dscp_mark']}", f"ip6 dscp set {qos['dscp_mark']}"]
    if leaving:
        yield f"slow_out_{name}", Chain(tuple(leaving))
    arriving = [*speed.limits(qos, "ingress")]
    if arriving:
        yield f"slow_in_{name}", Chain(tuple(arriving))
