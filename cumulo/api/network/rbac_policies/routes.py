"""Routes, rules and bodies of policies that share things."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.fields import ID, PROJECT, attributes
from cumulo.api.network.rbac_policies import handlers
from cumulo.api.network.resource import schema_create, schema_update

_ALL = "/v2.0/rbac-policies"
_ONE = "/v2.0/rbac-policies/{rbac_policy_id}"

_CREATE = schema_create("rbac_policy", "rbac_policies", attributes(
    {**PROJECT, "object_type": {"enum": list(handlers.OBJECTS)}, "object_id": ID, "target_tenant": ID,
     "action": {"enum": ["access_as_shared", "access_as_external"]}},
    ("object_type", "object_id", "target_tenant", "action")))
_UPDATE = schema_update("rbac_policy", attributes({"target_tenant": ID}))

RULES = standard.rules(
    "network:rbac_policies", _ALL, "rbac_policy_id", "policies that share things",
    ("set:all_projects", "rule:admin_required", "Share things with every project",
     [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, _CREATE, _UPDATE)
