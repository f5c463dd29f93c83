"""Routes of server groups."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.server_groups import handlers
from cumulo.api.wsgi.route import Route

_HARD, _SOFT = ["anti-affinity", "affinity"], ["soft-anti-affinity", "soft-affinity"]


def _with_policies(policies: list[str]) -> dict[str, Any]:
    return parts.wrapped("server_group", {"name": parts.NAME, "policies": {
        "type": "array", "minItems": 1, "maxItems": 1, "items": {"enum": policies}}}, required=("name", "policies"))


_RULES = {"type": "object", "additionalProperties": False, "properties": {handlers.MOST_ON_HOST: parts.integer(1)}}
_CREATE = (
    ("2.1", _with_policies(_HARD)), ("2.15", _with_policies([*_HARD, *_SOFT])),
    ("2.64", parts.wrapped("server_group", {
        "name": parts.NAME, "policy": {"enum": [*_HARD, *_SOFT]}, "rules": _RULES}, required=("name", "policy"))))
_ALL, _ONE = "/os-server-groups", "/os-server-groups/{server_group_id}"
_SHOW, _CHANGE = "compute:server_groups:show", "compute:server_groups:change"

ROUTES = (
    Route("GET", _ALL, handlers.list_groups, policy=_SHOW, query=("all_projects", "limit", "offset")),
    Route("POST", _ALL, handlers.create, policy=_CHANGE, body=_CREATE),
    Route("GET", _ONE, handlers.show, policy=_SHOW),
    Route("DELETE", _ONE, handlers.delete, policy=_CHANGE, status=204),
)
