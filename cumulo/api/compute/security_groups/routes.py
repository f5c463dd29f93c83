"""Routes of security groups; what is a server's own stays when the others go with 2.36."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.security_groups import handlers
from cumulo.api.wsgi.route import Route

_TEXT = {"type": "string", "maxLength": 255}
_NAMED: dict[str, Any] = {"name": _TEXT | {"minLength": 1}, "description": _TEXT}
_GROUP = parts.wrapped("security_group", _NAMED, required=("name", "description"))
_PORT = {"anyOf": [{"type": "integer", "minimum": -1, "maximum": 65535}, {"type": "string", "pattern": "^-?[0-9]{1,5}$"},
                   {"type": "null"}]}
_RULE_BODY = parts.wrapped("security_group_rule", {
    "parent_group_id": {"type": "string", "maxLength": 64}, "ip_protocol": {"type": ["string", "null"], "maxLength": 40},
    "from_port": _PORT, "to_port": _PORT, "cidr": {"type": ["string", "null"], "maxLength": 64},
    "group_id": {"type": ["string", "null"], "maxLength": 64}}, required=("parent_group_id",))
_ALL, _ONE = "/os-security-groups", "/os-security-groups/{security_group_id}"
_RULES = "/os-security-group-rules"
_LAST, _SHOW, _CHANGE = "2.35", "compute:security_groups:show", "compute:security_groups:change"

ROUTES = (
    Route("GET", _ALL, handlers.list_groups, policy=_SHOW, until=_LAST, query=("limit", "offset", "all_tenants")),
    Route("POST", _ALL, handlers.create, policy=_CHANGE, until=_LAST, body=_GROUP),
    Route("GET", _ONE, handlers.show, policy=_SHOW, until=_LAST),
    Route("PUT", _ONE, handlers.update, policy=_CHANGE, until=_LAST, body=_GROUP),
    Route("DELETE", _ONE, handlers.delete, policy=_CHANGE, until=_LAST, status=202),
    Route("POST", _RULES, handlers.create_rule, policy=_CHANGE, until=_LAST, body=_RULE_BODY),
    Route("DELETE", f"{_RULES}/{{security_group_rule_id}}", handlers.delete_rule, policy=_CHANGE, until=_LAST, status=202),
    Route("GET", "/servers/{server_id}/os-security-groups", handlers.list_of_server, policy="compute:servers:show"),
)
