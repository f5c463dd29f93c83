"""A subnet pool as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("name", "description", "ip_version", "prefixes", "default_prefixlen", "min_prefixlen", "max_prefixlen",
         "default_quota", "shared", "address_scope_id", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN, "is_default")


def subnet_pool_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute: nothing of a pool is hidden from who may see it."""
    return standard.plain_view(row, _SAME) | {"is_default": row["default_for"] is not None}
