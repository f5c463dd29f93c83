"""An address group as the API shows it."""

from typing import Any

from cumulo.api.network import standard
from cumulo.api.wsgi.route import Request

_SAME = ("name", "description", "shared", "addresses", "tags")
ATTRIBUTES = (*_SAME, *standard.PLAIN)


def address_group_view(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Every attribute: nothing of an address group is hidden from who may see it."""
    return standard.plain_view(row, _SAME)
