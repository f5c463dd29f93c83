"""Routes and rules of the subnet pools resource."""

from cumulo.api.network import standard
from cumulo.api.network.subnet_pools import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/subnetpools"
_ONE = "/v2.0/subnetpools/{subnetpool_id}"
_WRITES = [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}]

RULES = standard.rules(
    "network:subnet_pools", _ALL, "subnetpool_id", "subnet pools",
    ("set:shared", "rule:admin_required", "Share subnet pools with every project", _WRITES),
    ("set:default", "rule:admin_required", "Make subnet pools those that are used where none is named", _WRITES))

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:subnet_pools:get", query=handlers.KIND.query),
    Route("POST", _ALL, handlers.create, policy="network:subnet_pools:create", status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy="network:subnet_pools:get", query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy="network:subnet_pools:update", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="network:subnet_pools:delete", status=204),
)
