"""A trunk as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("name", "description", "admin_state_up", "port_id", "status", "tags")
_SUBPORT = ("port_id", "segmentation_type", "segmentation_id")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "sub_ports")


def trunk_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute: nothing of a trunk is hidden from who may see it."""
    return standard.plain_view(row, _SAME) | sub_ports_view(row)


def sub_ports_view(row: dict[str, Any]) -> dict[str, Any]:
    """The ports that it carries."""
    return {"sub_ports": [{name: each[name] for name in _SUBPORT} for each in row["sub_ports"]]}
