"""Routes and rules of the security group rules resource."""

from cumulo.api.network import standard
from cumulo.api.network.security_group_rules import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/security-group-rules"
_ONE = "/v2.0/security-group-rules/{security_group_rule_id}"

RULES = standard.rules("network:security_group_rules", _ALL, "security_group_rule_id", "rules of security groups")

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:security_group_rules:get", query=handlers.KIND.query),
    Route("POST", _ALL, handlers.create, policy="network:security_group_rules:create", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="network:security_group_rules:get", query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy="network:security_group_rules:update", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="network:security_group_rules:delete", status=204),
)
