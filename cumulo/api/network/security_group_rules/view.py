"""A rule of a security group as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max",
         "remote_group_id", "remote_address_group_id", "remote_ip_prefix", "normalized_cidr", "description")
ATTRIBUTES = (*_SAME, *standard.PLAIN)


def rule_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute: nothing of a rule is hidden from who may see it."""
    return standard.plain_view(row, _SAME)
