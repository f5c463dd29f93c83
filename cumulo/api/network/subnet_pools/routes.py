"""Routes and rules of the subnet pools resource."""

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.subnet_pools import handlers, schema

_ALL = "/v2.0/subnetpools"
_ONE = "/v2.0/subnetpools/{subnetpool_id}"
_WRITES = [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]

RULES = standard.rules(
    "network:subnet_pools", _ALL, "subnetpool_id", "subnet pools",
    ("set:shared", "rule:admin_required", "Share subnet pools with every project", _WRITES),
    ("set:default", "rule:admin_required", "Make subnet pools those that are used where none is named", _WRITES))

ROUTES = lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, schema.CREATE, schema.UPDATE)
