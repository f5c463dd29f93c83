"""A security group as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.network.security_group_rules.view import rule_view
from cumulo.api.wsgi.route import Request

_SAME = ("name", "description", "stateful", "shared", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "security_group_rules")


def group_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute, with the rules."""
    return standard.plain_view(row, _SAME) | {
        "security_group_rules": [rule_view(request, each) for each in row["security_group_rules"]]}
