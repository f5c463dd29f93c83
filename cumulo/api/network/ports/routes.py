"""Routes and rules of the ports resource."""

from oslo_policy import policy

from cumulo.api.network.ports import handlers, schema
from cumulo.api.wsgi.route import Route

_LIST = {"method": "GET", "path": "/v2.0/ports"}
_CREATE = {"method": "POST", "path": "/v2.0/ports"}
_SHOW = {"method": "GET", "path": "/v2.0/ports/{port_id}"}
_UPDATE = {"method": "PUT", "path": "/v2.0/ports/{port_id}"}
_DELETE = {"method": "DELETE", "path": "/v2.0/ports/{port_id}"}

RULES = tuple(policy.DocumentedRuleDefault(f"network:ports:{name}", check, description, operations)
              for name, check, description, operations in (
    ("get", "rule:project_reader or rule:system_reader", "List and show ports", [_LIST, _SHOW]),
    ("get:all", "rule:system_reader or rule:service", "See the ports of every project", [_LIST, _SHOW]),
    ("get:binding", "rule:admin_required", "See where a port is bound", [_LIST, _SHOW]),
    ("create", "rule:project_member", "Create a port", [_CREATE]),
    ("update", "rule:project_member", "Change a port", [_UPDATE]),
    ("delete", "rule:project_member", "Delete a port", [_DELETE]),
    ("set:binding", "rule:admin_required or rule:service", "Bind a port to a host", [_CREATE, _UPDATE]),
    ("set:address", "rule:project_member", "Choose a port's addresses: in networks of one's own",
     [_CREATE, _UPDATE]),
))

ROUTES = (
    Route("GET", "/v2.0/ports", handlers.index, policy="network:ports:get",
          query=(*handlers.KIND.query, "fixed_ips", "ip_address_substr")),
    Route("POST", "/v2.0/ports", handlers.create, policy="network:ports:create", status=201, body=schema.CREATE),
    Route("GET", "/v2.0/ports/{port_id}", handlers.show, policy="network:ports:get", query=("fields",)),
    Route("PUT", "/v2.0/ports/{port_id}", handlers.update, policy="network:ports:update", body=schema.UPDATE),
    Route("DELETE", "/v2.0/ports/{port_id}", handlers.delete, policy="network:ports:delete", status=204),
)
