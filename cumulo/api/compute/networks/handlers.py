"""os-networks and os-tenant-networks: the networks of the network API that the caller may see there, by few words.

Everything else that these once told of a network has no meaning any more, and is null as clients know it.
"""

from typing import Any

from cumulo.api.network.networks import handlers as network_api
from cumulo.api.wsgi.route import Request
from cumulo.network import networks

_NULL = (
    "bridge", "vpn_public_port", "dhcp_start", "bridge_interface", "share_address", "updated_at", "cidr_v6", "deleted_at",
    "gateway", "rxtx_base", "priority", "project_id", "vpn_private_address", "deleted", "vlan", "broadcast", "netmask",
    "injected", "cidr", "vpn_public_address", "multi_host", "enable_dhcp", "dns2", "created_at", "host", "mtu", "gateway_v6",
    "netmask_v6", "dhcp_server", "dns1")
Row = dict[str, Any]


def list_networks(request: Request) -> Row:
    """List the networks that the caller may see."""
    return {"networks": [_view(row) for row in _rows(request)]}


def show_network(request: Request) -> Row:
    """Show a network."""
    return {"network": _view(_row(request))}


def list_of_tenant(request: Request) -> Row:
    """List the networks that the caller may see, by id and label."""
    return {"networks": [_brief(row) for row in _rows(request)]}


def show_of_tenant(request: Request) -> Row:
    """Show a network by id and label."""
    return {"network": _brief(_row(request))}


def _rows(request: Request) -> list[Row]:
    with request.services.database.read() as connection:
        rows = networks.list_networks(connection, *network_api.is_visible(request))
    return sorted(rows, key=lambda row: (row["name"], row["id"]))


def _row(request: Request) -> Row:
    with request.services.database.read() as connection:
        return network_api.visible(request, connection, request.params["network_id"])


def _view(row: Row) -> Row:
    return dict.fromkeys(_NULL) | {"id": row["id"], "label": row["name"]}


def _brief(row: Row) -> Row:
    return {"id": row["id"], "label": row["name"], "cidr": "None"}
