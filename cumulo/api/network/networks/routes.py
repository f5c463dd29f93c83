"""Routes and rules of the networks resource."""

from oslo_policy import policy

from cumulo.api.network import lifecycle
from cumulo.api.network.networks import handlers, schema

_LIST = {"method": "GET", "path": "/v2.0/networks"}
_CREATE = {"method": "POST", "path": "/v2.0/networks"}
_SHOW = {"method": "GET", "path": "/v2.0/networks/{network_id}"}
_UPDATE = {"method": "PUT", "path": "/v2.0/networks/{network_id}"}
_DELETE = {"method": "DELETE", "path": "/v2.0/networks/{network_id}"}
_ALL_READS, _ALL_WRITES = [_LIST, _SHOW], [_CREATE, _UPDATE]

RULES = tuple(policy.DocumentedRuleDefault(f"network:networks:{name}", check, description, operations)
              for name, check, description, operations in (
    ("get", "rule:project_reader or rule:system_reader",
     "List and show networks that are one's own, shared or external", _ALL_READS),
    ("get:all", "rule:system_reader or rule:service", "See the networks of every project", _ALL_READS),
    ("get:provider", "rule:admin_required", "See how a network maps to the physical one", _ALL_READS),
    ("create", "rule:project_member", "Create a network", [_CREATE]),
    ("update", "rule:project_member", "Change a network", [_UPDATE]),
    ("delete", "rule:project_member", "Delete a network", [_DELETE]),
    ("set:shared", "rule:admin_required", "Share a network with every project", _ALL_WRITES),
    ("set:external", "rule:admin_required", "Mark a network as leading outside", _ALL_WRITES),
    ("set:provider", "rule:admin_required", "Map a network to a physical one", [_CREATE]),
))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, "/v2.0/networks", schema.CREATE, schema.UPDATE)
