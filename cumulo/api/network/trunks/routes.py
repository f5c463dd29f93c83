"""Routes and rules of the trunks resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.trunks import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/trunks"
_ONE = "/v2.0/trunks/{trunk_id}"
_GET, _ADD, _REMOVE = f"{_ONE}/get_subports", f"{_ONE}/add_subports", f"{_ONE}/remove_subports"

RULES = standard.rules(
    "network:trunks", _ALL, "trunk_id", "trunks",
    ("get:subports", "rule:project_reader or rule:system_reader", "See the ports that trunks carry",
     [{"method": "GET", "path": _GET}]),
    ("update:subports", "rule:project_member", "Let trunks carry other ports",
     [{"method": "PUT", "path": _ADD}, {"method": "PUT", "path": _REMOVE}]))

ROUTES = (
    *lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE),
    Route("GET", _GET, handlers.get_subports, policy="network:trunks:get:subports"),
    Route("PUT", _ADD, handlers.add_subports, policy="network:trunks:update:subports", body=schema.ADD),
    Route("PUT", _REMOVE, handlers.remove_subports, policy="network:trunks:update:subports", body=schema.REMOVE),
)
