"""Routes and rules of the floating addresses resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.floating_ips import handlers, schema

_ALL = "/v2.0/floatingips"
_ONE = "/v2.0/floatingips/{floatingip_id}"
_WRITES = [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]

RULES = standard.rules(
    "network:floating_ips", _ALL, "floatingip_id", "floating addresses",
    ("set:address", "rule:admin_required", "Choose floating addresses", [{"method": "POST", "path": _ALL}]),
    ("set:foreign_port", "rule:admin_required", "Let floating addresses stand for ports of other projects", _WRITES))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE)
