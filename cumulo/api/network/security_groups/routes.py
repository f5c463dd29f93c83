"""Routes and rules of the security groups resource."""

from cumulo.api.network import standard
from cumulo.api.network.security_groups import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/security-groups"
_ONE = "/v2.0/security-groups/{security_group_id}"

RULES = standard.rules(
    "network:security_groups", _ALL, "security_group_id", "security groups",
    ("delete:default", "rule:admin_required", "Delete the default group of a project, which makes itself again",
     [{"method": "DELETE", "path": _ONE}]))

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:security_groups:get", query=handlers.KIND.query),
    Route("POST", _ALL, handlers.create, policy="network:security_groups:create", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="network:security_groups:get", query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy="network:security_groups:update", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="network:security_groups:delete", status=204),
)
