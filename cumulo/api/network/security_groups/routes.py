"""Routes and rules of the security groups resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.security_groups import handlers, schema

_ALL = "/v2.0/security-groups"
_ONE = "/v2.0/security-groups/{security_group_id}"

RULES = standard.rules(
    "network:security_groups", _ALL, "security_group_id", "security groups",
    ("delete:default", "rule:admin_required", "Delete the default group of a project, which makes itself again",
     [{"method": "DELETE", "path": _ONE}]))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE, index=handlers.index)
