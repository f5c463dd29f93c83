"""A floating address as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("description", "floating_network_id", "floating_ip_address", "port_id", "fixed_ip_address", "router_id", "tags",
         "dns_name", "dns_domain", "qos_policy_id")
_DETAILS = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")
_FORWARDED = ("id", "protocol", "external_port", "internal_ip_address", "internal_port")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "status", "port_details", "port_forwardings")


def floating_ip_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute: nothing of a floating address is hidden from who may see it."""
    details = row["port"] and {name: row["port"][name] for name in _DETAILS}
    return standard.plain_view(row, _SAME) | {
        "status": "ACTIVE" if row["is_answered"] else "DOWN", "port_details": details,
        "port_forwardings": [{name: each[name] for name in _FORWARDED} for each in row["forwardings"]]}
