"""Routes and rules of the subnets resource."""

from oslo_policy import policy

from cumulo.api.network import lifecycle
from cumulo.api.network.subnets import handlers, schema

_LIST = {"method": "GET", "path": "/v2.0/subnets"}
_CREATE = {"method": "POST", "path": "/v2.0/subnets"}
_SHOW = {"method": "GET", "path": "/v2.0/subnets/{subnet_id}"}
_UPDATE = {"method": "PUT", "path": "/v2.0/subnets/{subnet_id}"}
_DELETE = {"method": "DELETE", "path": "/v2.0/subnets/{subnet_id}"}

RULES = tuple(policy.DocumentedRuleDefault(f"network:subnets:{name}", check, description, operations)
              for name, check, description, operations in (
    ("get", "rule:project_reader or rule:system_reader",
     "List and show subnets that are one's own or of shared networks", [_LIST, _SHOW]),
    ("get:all", "rule:system_reader or rule:service", "See the subnets of every project", [_LIST, _SHOW]),
    ("create", "rule:project_member", "Create a subnet in a network of one's own", [_CREATE]),
    ("update", "rule:project_member", "Change a subnet", [_UPDATE]),
    ("delete", "rule:project_member", "Delete a subnet", [_DELETE]),
    ("set:segment", "rule:admin_required", "Say which segment a subnet is on", [_CREATE, _UPDATE]),
))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, "/v2.0/subnets", schema.CREATE, schema.UPDATE)
