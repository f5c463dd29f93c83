"""A port as the API shows it."""

import re
import uuid
from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z
from cumulo.network import dns, rates

_SAME = ("id", "name", "description", "network_id", "project_id", "admin_state_up", "status", "mac_address",
         "fixed_ips", "device_id", "device_owner", "revision_number", "port_security_enabled", "security_groups",
         "qos_policy_id", "dns_name", "dns_domain")
_LISTS = ("allowed_address_pairs", "extra_dhcp_opts", "tags")
_SUBPORT = ("port_id", "segmentation_type", "segmentation_id", "mac_address")
_UNNAMED = re.compile("[^A-Z0-9_]")
_SHORT = {"egress": "EGR", "ingress": "IGR"}
_PACKETS = {"any": "NET_PACKET_RATE_KILOPACKET_PER_SEC", "egress": "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
            "ingress": "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC"}
_BINDING = ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details")
ATTRIBUTES = (*_SAME, "tags", *_BINDING, "allowed_address_pairs", "extra_dhcp_opts",
              "binding:vnic_type", "tenant_id", "created_at", "updated_at",
              "dns_assignment", "trunk_details", "resource_request")


def port_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """The attributes the caller may see: where a port is bound is the administrator's."""
    # Lists hold thousands: values are set one by one, which makes no second dict, and most ports were never changed.
    view = {name: row[name] for name in _SAME}
    for name in _LISTS:
        view[name] = row[name] or []
    view["tenant_id"], view["binding:vnic_type"] = row["project_id"], row["binding_vnic_type"]
    view["created_at"] = created = iso_z(row["created_at"])
    view["updated_at"] = created if row["updated_at"] == row["created_at"] else iso_z(row["updated_at"])
    if request.may("network:ports:get:binding"):
        view["binding:host_id"], view["binding:profile"] = row["binding_host_id"], row["binding_profile"]
        for name, value in vif_view(bool(row["binding_host_id"]), row["binding_mechanism"]).items():
            view[f"binding:{name}"] = value
        view["resource_request"] = resource_request(row["id"], row["asks"]) if row.get("asks") else None
    domain = row["dns_domain"] or row["network_dns_domain"] or request.once(
        "usual domain", lambda: request.services.conf.network.dns_domain)
    view["dns_assignment"] = [dns.assignment(row, each["ip_address"], domain) for each in row["fixed_ips"]]
    if "trunk" in row:
        view["trunk_details"] = {"trunk_id": row["trunk"]["id"], "sub_ports": [
            {name: each[name] for name in _SUBPORT} for each in row["trunk"]["sub_ports"]]}
    return view


def resource_request(port_id: str, asks: list[rates.Ask]) -> dict[str, Any]:
    """What a port asks of its host, in the words of the placement API: a group of bandwidth, and one of packets."""
    groups: dict[str, dict[str, Any]] = {}
    for each in asks:
        unit, direction, wire = (*each.of.split(" ", 2), "")[:3]
        of_bandwidth = unit == "kbps"
        wire_trait = "CUSTOM_NETWORK_TUNNEL_PROVIDER" if wire == rates.TUNNELLED else f"CUSTOM_PHYSNET_{_UNNAMED.sub('_', wire.upper())}"
        name = f"NET_BW_{_SHORT[direction]}_KILOBIT_PER_SEC" if of_bandwidth else _PACKETS[direction]
        group = groups.setdefault(unit, {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{port_id}/{unit}")),
            "required": [*([wire_trait] if of_bandwidth else []), "CUSTOM_VNIC_TYPE_NORMAL"], "resources": {}})
        group["resources"][name] = each.amount
    return {"request_groups": list(groups.values()), "same_subtree": [each["id"] for each in groups.values()]}


def vif_view(is_bound: bool, mechanism: str | None) -> dict[str, Any]:
    """How a card is connected on its host: a bridge of its network, which with Open vSwitch is beside the switch."""
    is_switched = mechanism == "openvswitch"
    if not is_bound:
        return {"vif_type": "unbound", "vif_details": {}}
    return {"vif_type": "ovs" if is_switched else "bridge",
            "vif_details": {"port_filter": False, "connectivity": "l2"} | ({"ovs_hybrid_plug": True} if is_switched else {})}
