"""A network as the API shows it."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z

ATTRIBUTES = (
    "id", "name", "description", "admin_state_up", "status", "shared", "subnets", "project_id", "tenant_id",
    "router:external", "mtu", "created_at", "updated_at", "revision_number", "provider:network_type",
    "provider:physical_network", "provider:segmentation_id", "port_security_enabled", "qos_policy_id", "tags", "availability_zones",
    "availability_zone_hints", "is_default", "ipv4_address_scope", "ipv6_address_scope",
    "dns_domain", "segments",
)
_PROVIDER = ("network_type", "physical_network", "segmentation_id")


def network_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """The attributes the caller may see: how it maps to the physical network is the administrator's."""
    view = {
        "id": row["id"], "name": row["name"], "description": row["description"],
        "admin_state_up": row["admin_state_up"], "status": "ACTIVE", "shared": row["shared"],
        "subnets": row["subnets"], "project_id": row["project_id"], "tenant_id": row["project_id"],
        "router:external": row["external"], "mtu": row["mtu"], "created_at": iso_z(row["created_at"]),
        "port_security_enabled": row["port_security_enabled"], "qos_policy_id": row["qos_policy_id"],
        "tags": row["tags"] or [], "is_default": row["is_default"], "dns_domain": row["dns_domain"],
        "ipv4_address_scope": row["scopes"].get(4), "ipv6_address_scope": row["scopes"].get(6),
        "availability_zones": [request.services.conf.network.availability_zone],
        "availability_zone_hints": row["availability_zone_hints"] or [],
        "updated_at": iso_z(row["updated_at"]), "revision_number": row["revision_number"],
    }
    if request.may("network:networks:get:provider"):
        view |= {"segments": [{f"provider:{name}": each[name] for name in _PROVIDER} for each in row["segments"]]} if (
            "segments" in row) else {f"provider:{name}": row[f"provider_{name}"] for name in _PROVIDER}
    return view
