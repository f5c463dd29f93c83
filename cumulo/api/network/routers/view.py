"""A router as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("name", "description", "admin_state_up", "routes", "availability_zone_hints", "tags")
_KIND = ("distributed", "ha")
ATTRIBUTES = (*_SAME, *_KIND, *standard.PLAIN, "status", "external_gateway_info", "availability_zones", "flavor_id")


def router_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """The attributes the caller may see: where a router works is the administrator's."""
    kind = {name: row[name] for name in _KIND} if request.may("network:routers:get:kind") else {}
    return kind | standard.plain_view(row, _SAME) | {
        "status": "ACTIVE", "external_gateway_info": gateway_view(row),
        "availability_zones": [request.services.conf.network.availability_zone], "flavor_id": row["flavor_id"]}


def gateway_view(row: dict[str, Any]) -> dict[str, Any] | None:
    """The router's way out, None where it has none."""
    if row["external_network_id"] is None:
        return None
    return {"network_id": row["external_network_id"], "enable_snat": row["enable_snat"],
            "external_fixed_ips": row["external_fixed_ips"]}


def interface_view(row: dict[str, Any], door: dict[str, Any], subnet_ids: list[str]) -> dict[str, Any]:
    """A door of the router, as the answer to its making and to its end."""
    return {"id": row["id"], "project_id": row["project_id"], "tenant_id": row["project_id"], "port_id": door["id"],
            "network_id": door["network_id"], "subnet_id": subnet_ids[0] if subnet_ids else None,
            "subnet_ids": subnet_ids}
