"""A subnet as the API shows it."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z

_SAME = ("id", "name", "description", "network_id", "project_id", "ip_version", "cidr", "gateway_ip", "enable_dhcp",
         "allocation_pools", "dns_nameservers", "host_routes", "revision_number", "ipv6_ra_mode", "ipv6_address_mode")
ATTRIBUTES = (*_SAME, "service_types", "subnetpool_id", "tags", "tenant_id", "created_at", "updated_at",
              "segment_id")


def subnet_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute; which segment it is on is the administrator's to know."""
    segment = {"segment_id": row["segment_id"]} if request.may("network:segments:get") else {}
    return segment | {name: row[name] for name in _SAME} | {
        "service_types": row["service_types"] or [], "subnetpool_id": row["subnet_pool_id"], "tags": row["tags"] or [],
        "tenant_id": row["project_id"], "created_at": iso_z(row["created_at"]),
        "updated_at": iso_z(row["updated_at"]),
    }
