"""Routes and rules of the routers resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.routers import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/routers"
_ONE = "/v2.0/routers/{router_id}"
_ADD, _REMOVE = f"{_ONE}/add_router_interface", f"{_ONE}/remove_router_interface"
_ADD_ROUTES, _REMOVE_ROUTES = f"{_ONE}/add_extraroutes", f"{_ONE}/remove_extraroutes"
_WRITES = [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]

RULES = standard.rules(
    "network:routers", _ALL, "router_id", "routers",
    ("update:interfaces", "rule:project_member", "Give routers doors into networks, and take them",
     [{"method": "PUT", "path": _ADD}, {"method": "PUT", "path": _REMOVE}]),
    ("update:routes", "rule:project_member", "Add extra routes to routers, and take them",
     [{"method": "PUT", "path": _ADD_ROUTES}, {"method": "PUT", "path": _REMOVE_ROUTES}]),
    ("set:snat", "rule:admin_required", "Let routers out without translation, and with it again", _WRITES),
    ("set:gateway_addresses", "rule:admin_required", "Choose the addresses of routers in external networks", _WRITES),
    ("get:kind", "rule:admin_required", "See whether routers are distributed, and whether they move",
     [{"method": "GET", "path": _ALL}, {"method": "GET", "path": _ONE}]),
    ("set:kind", "rule:admin_required", "Choose whether routers are distributed, and whether they move", _WRITES),
    ("set:foreign_network", "rule:admin_required", "Give routers doors into networks of other projects",
     [{"method": "PUT", "path": _ADD}]))

ROUTES = (
    *lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE),
    Route("PUT", _ADD, handlers.add_interface, policy="network:routers:update:interfaces", body=schema.INTERFACE),
    Route("PUT", _REMOVE, handlers.remove_interface, policy="network:routers:update:interfaces",
          body=schema.INTERFACE),
    Route("PUT", _ADD_ROUTES, handlers.add_routes, policy="network:routers:update:routes", body=schema.EXTRA_ROUTES),
    Route("PUT", _REMOVE_ROUTES, handlers.remove_routes, policy="network:routers:update:routes",
          body=schema.EXTRA_ROUTES),
)
