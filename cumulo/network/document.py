"""From rows to what a host must look like: pure functions, one for each part of the document.

The document is described in doc/design/0005-what-a-host-must-look-like.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cumulo.common import names
from cumulo.network.networks import DHCP_OWNER

Row = Mapping[str, Any]
_SUBNET_KEYS = ("id", "cidr", "ip_version", "gateway_ip", "enable_dhcp", "dns_nameservers", "host_routes")
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
        "provider": {"type": row["provider_network_type"], "physical_network": row["provider_physical_network"],
                     "segmentation_id": row.get("provider_segmentation_id")},
        "nat": has_nat(row["provider_network_type"], row["provider_physical_network"], place.wired),
        "dhcp_mac_address": dhcp[0]["mac_address"] if dhcp else None,
        "subnets": [_subnet(each, held.get(each["id"])) for each in subnets],
        "ports": [port(place, each) for each in sorted(others, key=lambda each: (each["created_at"], each["id"]))],
    }


def has_nat(network_type: str, physical_network: str | None, wired: Iterable[str]) -> bool:
    """A flat network is the way out: where no wire leads to it, the host itself is its gateway and translates."""
    return network_type == "flat" and physical_network not in wired


def port(place: Place, row: Row) -> dict[str, Any]:
    """A port, here or on another host."""
    host = row["binding_host_id"]
    is_here = host == place.host
    return {name: row[name] for name in _PORT_KEYS} | {
        "is_here": is_here,
        "tunnel_address": None if is_here else place.tunnel_addresses.get(host),
    }


def _subnet(row: Row, dhcp_address: str | None) -> dict[str, Any]:
    return {name: row[name] for name in _SUBNET_KEYS} | {"dhcp_address": dhcp_address}
