"""What a rule of a security group may say: pure checks, each raising BadRequest, and the one form they bring it to.

Two rules that let the same through have the same signature, however they were written: "tcp" is "6", a prefix has its
host bits cleared, and no prefix at all is every address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors

Row = dict[str, Any]

PROTOCOLS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58, "igmp": 2, "ipip": 4,
    "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89,
    "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}
"""Names of protocols and their numbers, as IANA has them."""

ICMP, ICMPV6 = 1, 58
WITH_PORTS = frozenset((6, 17, 33, 132, 136))
_OF_IPV6_ONLY = frozenset((41, 43, 44, 58, 59, 60))
_VERSIONS = {"IPv4": 4, "IPv6": 6}
ANY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def normalized(asked: Mapping[str, Any]) -> Row:
    """The columns of a rule: what was asked for, checked, with its normalized_cidr and its signature."""
    ethertype = _ethertype(asked.get("ethertype") or "IPv4")
    protocol = _protocol(asked.get("protocol"))
    number = protocol_number(protocol, ethertype)
    _check_family(number, protocol, ethertype)
    lowest, highest = _number(asked.get("port_range_min")), _number(asked.get("port_range_max"))
    _check_ports(number, lowest, highest)
    _check_one_remote(asked)
    prefix, cidr = _prefix(asked.get("remote_ip_prefix"), ethertype)
    row = {
        "direction": asked["direction"], "ethertype": ethertype, "protocol": protocol, "port_range_min": lowest,
        "port_range_max": highest, "remote_group_id": asked.get("remote_group_id") or None,
        "remote_address_group_id": asked.get("remote_address_group_id") or None, "remote_ip_prefix": prefix,
        "normalized_cidr": cidr, "description": asked.get("description") or "",
    }
    return row | {"signature": _signature(row, number)}


def protocol_number(protocol: str | None, ethertype: str) -> int | None:
    """The number that stands in packets; None is every protocol. ICMP of IPv6 has a number of its own."""
    if protocol is None:
        return None
    number = int(protocol) if protocol.isdigit() else PROTOCOLS[protocol]
    return ICMPV6 if number == ICMP and ethertype == "IPv6" else number


def _signature(row: Row, number: int | None) -> str:
    remote = row["remote_group_id"] or row["remote_address_group_id"] or row["normalized_cidr"] or ANY[row["ethertype"]]
    ports = (row["port_range_min"], row["port_range_max"])
    # TCP's ports without an upper bound are all of them, as are those from the first to the last.
    span = "-" if ports in ((None, None), (1, 65535)) and number in WITH_PORTS else f"{ports[0]}-{ports[1]}"
    return f"{row['direction']} {row['ethertype']} {number} {span} {remote}"


def _ethertype(text: str) -> str:
    found = {name.lower(): name for name in _VERSIONS}.get(text.lower())
    if found is None:
        raise errors.BadRequest(f"Security group rule for ethertype '{text[:64]}' not supported. Allowed values are "
                                "['IPv4', 'IPv6'].", kind="SecurityGroupRuleInvalidEtherType")
    return found


def _protocol(asked: str | int | None) -> str | None:
    if asked is None or asked in ("", "any"):
        return None
    text = str(asked).lower()
    if text in PROTOCOLS or text.isascii() and text.isdigit() and int(text[:4]) <= 255:
        return text if text in PROTOCOLS else str(int(text))
    raise errors.BadRequest(
        f"Security group rule protocol {text[:64]} not supported. Only protocol values any, {', '.join(PROTOCOLS)} and "
        "integer representations [0 to 255] are supported.", kind="SecurityGroupRuleInvalidProtocol")


def _check_family(number: int | None, protocol: str | None, ethertype: str) -> None:
    if ethertype == "IPv4" and number in _OF_IPV6_ONLY:
        raise errors.BadRequest(f"Invalid ethertype {ethertype} for protocol {protocol}.",
                                kind="SecurityGroupEthertypeConflictWithProtocol")


def _number(asked: str | int | None) -> int | None:
    if asked is None or asked == "":
        return None
    try:
        return int(asked)
    except ValueError:
        raise errors.BadRequest(f"Invalid input for port: '{str(asked)[:64]}' is not a number.",
                                kind="SecurityGroupInvalidPortValue") from None


def _check_ports(number: int | None, lowest: int | None, highest: int | None) -> None:
    if lowest is None and highest is None:
        return
    if number is None:
        raise errors.BadRequest("Must also specify protocol if port range is given.",
                                kind="SecurityGroupProtocolRequiredWithPorts")
    if number in (ICMP, ICMPV6):
        _check_icmp(lowest, highest)
    elif number not in WITH_PORTS:
        raise errors.BadRequest(f"Invalid port range for protocol {number}: it has no ports.",
                                kind="SecurityGroupInvalidProtocolForPort")
    else:
        _check_span(lowest, highest)


def _check_icmp(kind: int | None, code: int | None) -> None:
    for name, value in (("type", kind), ("code", code)):
        if value is not None and not 0 <= value <= 255:
            raise errors.BadRequest(f"Invalid value for ICMP {name}: {value}. It must be 0 to 255.",
                                    kind="SecurityGroupInvalidIcmpValue")
    if kind is None:
        raise errors.BadRequest(f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is "
                                "missing.", kind="SecurityGroupMissingIcmpType")


def _check_span(lowest: int | None, highest: int | None) -> None:
    for port in (lowest, highest):
        if port is not None and not 1 <= port <= 65535:
            raise errors.BadRequest(f"Invalid value for port {port}.", kind="SecurityGroupInvalidPortValue")
    if lowest is None or highest is None or lowest > highest:
        raise errors.BadRequest("For TCP/UDP protocols, port_range_min must be <= port_range_max",
                                kind="SecurityGroupInvalidPortRange")


def _check_one_remote(asked: Mapping[str, Any]) -> None:
    named = [name for name in ("remote_ip_prefix", "remote_group_id", "remote_address_group_id") if asked.get(name)]
    if len(named) > 1:
        raise errors.BadRequest(f"Only one of {', '.join(named)} may be provided.",
                                kind="SecurityGroupMultipleRemoteEntitiesBetweenRules")


def _prefix(text: str | None, ethertype: str) -> tuple[str | None, str | None]:
    """The prefix with its length, as it was asked for, and the range that it stands for."""
    if not text:
        return None, None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise errors.BadRequest(f"Invalid CIDR {text[:64]} given as IP prefix.", kind="InvalidCIDR") from None
    if network.version != _VERSIONS[ethertype]:
        raise errors.BadRequest(f"Conflicting value ethertype {ethertype} for CIDR {text}",
                                kind="SecurityGroupRuleParameterConflict")
    return text if "/" in text else f"{text}/{network.prefixlen}", str(network)
