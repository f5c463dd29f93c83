"""Routes and rules of the floating addresses resource."""

from cumulo.api.network import standard
from cumulo.api.network.floating_ips import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/floatingips"
_ONE = "/v2.0/floatingips/{floatingip_id}"
_WRITES = [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]

RULES = standard.rules(
    "network:floating_ips", _ALL, "floatingip_id", "floating addresses",
    ("set:address", "rule:admin_required", "Choose floating addresses", [{"method": "POST", "path": _ALL}]),
    ("set:foreign_port", "rule:admin_required", "Let floating addresses stand for ports of other projects", _WRITES))

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:floating_ips:get", query=handlers.KIND.query),
    Route("POST", _ALL, handlers.create, policy="network:floating_ips:create", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="network:floating_ips:get", query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy="network:floating_ips:update", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="network:floating_ips:delete", status=204),
)
