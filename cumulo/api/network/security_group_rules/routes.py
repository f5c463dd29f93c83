"""Routes and rules of the security group rules resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.security_group_rules import handlers, schema

_ALL = "/v2.0/security-group-rules"
_ONE = "/v2.0/security-group-rules/{security_group_rule_id}"

RULES = standard.rules("network:security_group_rules", _ALL, "security_group_rule_id", "rules of security groups")

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE)
