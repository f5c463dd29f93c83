"""From rows to what a host must look like: pure functions, one for each part of the document.

The document is described in doc/design/0005-what-a-host-must-look-like.md.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cumulo.common import names
from cumulo.network import dns
from cumulo.network.networks import DHCP_OWNER
from cumulo.network.segments import on_host

Row = Mapping[str, Any]
_SUBNET_KEYS = ("id", "cidr", "ip_version", "gateway_ip", "enable_dhcp", "dns_nameservers", "host_routes")
_RULE_KEYS = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
PORT_COLUMNS = ("id", "network_id", "mac_address", "hostname", "device_owner", "admin_state_up", "created_at", "binding_host_id",
                "next_host_id", "port_security_enabled", "allowed_address_pairs", "extra_dhcp_opts", "dns_name", "dns_domain",
                "qos_policy_id")
"""What of a port's own row a host is told something of."""
_PORT_KEYS = ("id", "mac_address", "fixed_ips", "hostname", "device_owner", "admin_state_up")


@dataclasses.dataclass(frozen=True)
class Place:
    """Whom a document is for: the host, where every host's tunnels end, the physical networks this one is wired to."""

    host: str
    tunnel_addresses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    wired: frozenset[str] = frozenset()


def network(place: Place, row: Row, subnets: Iterable[Row], ports: Sequence[Row]) -> dict[str, Any]:
    """A network as this host must have it."""
    dhcp = [each for each in ports if each["device_owner"] == DHCP_OWNER]
    held = {fixed["subnet_id"]: fixed["ip_address"] for each in dhcp for fixed in each["fixed_ips"]}
    others = [each for each in ports if each["device_owner"] != DHCP_OWNER]
    return {
        "id": row["id"],
        "bridge": names.bridge_name(row["id"]),
        "mtu": row["mtu"],
        "admin_state_up": row["admin_state_up"],
        "dns_domain": row.get("dns_domain") or "",
        "provider": {"type": row["provider_network_type"], "physical_network": row["provider_physical_network"],
                     "segmentation_id": row.get("provider_segmentation_id")},
        "nat": row.get("has_nat", True) and has_nat(row["provider_network_type"], row["provider_physical_network"], place.wired),
        "dhcp_mac_address": dhcp[0]["mac_address"] if dhcp else None,
        "subnets": [_subnet(each, held.get(each["id"])) for each in subnets],
        "ports": [port(place, each) for each in sorted(others, key=lambda each: (each["created_at"], each["id"]))],
    }


def on_segment(place: Place, row: Row, segments: Sequence[Row]) -> Row:
    """A network that has several segments as it is on this host: on the one whose physical network the host is wired to."""
    if not segments:
        return row
    its = on_host(segments, place.wired)
    return {**row, "has_nat": False} | ({} if its is None else {
        "provider_network_type": its["network_type"], "provider_physical_network": its["physical_network"],
        "provider_segmentation_id": its["segmentation_id"]})


def has_nat(network_type: str, physical_network: str | None, wired: Iterable[str]) -> bool:
    """A flat network is the way out: where no wire leads to it, the host itself is its gateway and translates."""
    return network_type == "flat" and physical_network not in wired


def port(place: Place, row: Row) -> dict[str, Any]:
    """A port, here or on another host; one whose server is moving here is here, and still reached where it is."""
    host = row["binding_host_id"]
    is_here = place.host in (host, row.get("next_host_id"))
    return {name: row[name] for name in _PORT_KEYS} | {
        "is_here": is_here,
        "port_security_enabled": row.get("port_security_enabled", False),
        "allowed_address_pairs": row.get("allowed_address_pairs") or [],
        "extra_dhcp_opts": row.get("extra_dhcp_opts") or [],
        "dns_name": row.get("dns_name") or "",
        "dns_domain": row.get("dns_domain") or "",
        "groups": sorted(row.get("security_groups") or ()),
        "qos": qos(row.get("qos_rules") or ()),
        "tunnel_address": None if host == place.host else place.tunnel_addresses.get(host),
        "sub_ports": _sub_ports(row.get("trunk")),
    }


def _sub_ports(carried: Row | None) -> list[dict[str, Any]]:
    """What the port carries by VLAN; a trunk that is off carries nothing."""
    if carried is None or not carried["admin_state_up"]:
        return []
    return [{name: each[name] for name in ("port_id", "network_id", "segmentation_id")} for each in carried["sub_ports"]]


def group(row: Row, rules: Iterable[Row]) -> dict[str, Any]:
    """A security group with its rules, each naming the other side as a range or as a list of prefixes."""
    return {"id": row["id"], "stateful": row["stateful"],
            "rules": [_rule(each) for each in sorted(rules, key=lambda each: str(each["id"]))]}


def _rule(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _RULE_KEYS} | {
        "remote_prefix": row["normalized_cidr"] or row["remote_ip_prefix"],
        "remote_set": row["remote_group_id"] or row["remote_address_group_id"],
    }


def members(group_id: str, addresses: Iterable[str], pairs: Iterable[Row]) -> dict[str, Any]:
    """The list of prefixes that a security group is to rules that name it: all that its ports may send from."""
    return {"id": group_id, "prefixes": sorted({*addresses, *(each["ip_address"] for each in pairs)})}


def router(place: Place, row: Row, doors: Sequence[Row], subnets: Mapping[str, Row], tunnelled: Iterable[str],
           way_out: Row | None, floating: Iterable[Row], forwardings: Iterable[Row]) -> dict[str, Any]:
    """A router as this host must have it.

    doors and way_out are ports; subnets those of their addresses, by id; tunnelled the networks that reach other hosts.
    A row of `floating` also has the host of its port and the card of the floating port; one of `forwardings` the
    floating address.
    """
    ordered = sorted(doors, key=lambda each: (each["created_at"], each["id"]))
    across = [each["network_id"] for each in ordered if each["network_id"] in set(tunnelled)]
    return {
        "id": row["id"], "admin_state_up": row["admin_state_up"], "routes": row["routes"],
        "interfaces": [{"port_id": each["id"], "network_id": each["network_id"], "mac_address": each["mac_address"],
                        "addresses": _with_lengths(each, subnets)} for each in ordered],
        # The network by which hosts hand over to the gateway what leaves.
        "transit_network_id": across[0] if across else None,
        "gateway": None if way_out is None else _gateway(place, row, way_out, subnets),
        "floating": [{"dns_name": dns.full_name(each["dns_name"], each["dns_domain"]), "floating_address": each["floating_ip_address"], "fixed_address": each["fixed_ip_address"],
                      "is_here": _answers(row, each, way_out) == place.host, "qos": qos(each.get("qos_rules") or ())}
                     for each in sorted(floating, key=lambda each: str(each["floating_ip_address"]))],
        "forwardings": [{"floating_address": each["floating_ip_address"], "protocol": each["protocol"],
                         "external_port": each["external_port"], "internal_address": each["internal_ip_address"],
                         "internal_port": each["internal_port"]} for each in forwardings],
    }


def _answers(row: Row, floating: Row, way_out: Row | None) -> str:
    """The host that answers for a floating address: its server's, or the gateway's where the router is not distributed."""
    return str(floating["host"] if row.get("distributed", True) or way_out is None else row["gateway_host"])


def _gateway(place: Place, row: Row, way_out: Row, subnets: Mapping[str, Row]) -> dict[str, Any]:
    is_here = row["gateway_host"] == place.host
    hops = [subnets[fixed["subnet_id"]]["gateway_ip"] for fixed in way_out["fixed_ips"]]
    return {"network_id": way_out["network_id"], "mac_address": way_out["mac_address"], "enable_snat": row["enable_snat"],
            "addresses": _with_lengths(way_out, subnets), "next_hops": [hop for hop in hops if hop], "is_here": is_here,
            "stands_by": row["standby_host"] == place.host,
            "tunnel_address": None if is_here else place.tunnel_addresses.get(row["gateway_host"])}


def _with_lengths(row: Row, subnets: Mapping[str, Row]) -> list[list[Any]]:
    return [[fixed["ip_address"], ipaddress.ip_network(subnets[fixed["subnet_id"]]["cidr"]).prefixlen]
            for fixed in row["fixed_ips"]]


def qos(rules: Iterable[Row]) -> dict[str, Any]:
    """What the rules of quality of a port or a floating address come to on its host."""
    found: dict[str, Any] = {}
    for each in rules:
        if each["kind"] == "bandwidth_limit":
            found[each["direction"] or "egress"] = {
                "max_kbps": each["settings"]["max_kbps"], "max_burst_kbps": each["settings"].get("max_burst_kbps") or 0}
        elif each["kind"] == "packet_rate_limit":
            found[f"{each['direction'] or 'egress'}_packets"] = {
                "max_kpps": each["settings"]["max_kpps"], "max_burst_kpps": each["settings"].get("max_burst_kpps") or 0}
        elif each["kind"] == "dscp_marking":
            found["dscp_mark"] = each["settings"]["dscp_mark"]
    return found


def _subnet(row: Row, dhcp_address: str | None) -> dict[str, Any]:
    modes = {name: row.get(name) for name in ("ipv6_ra_mode", "ipv6_address_mode")}
    return {name: row[name] for name in _SUBNET_KEYS} | modes | {"dhcp_address": dhcp_address}
