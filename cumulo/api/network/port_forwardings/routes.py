"""Routes and rules of port forwardings."""

from oslo_policy import policy

from cumulo.api.network.collection import SPECIAL
from cumulo.api.network.port_forwardings import handlers, schema
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/floatingips/{floatingip_id}/port_forwardings"
_ONE = f"{_ALL}/{{port_forwarding_id}}"
_READ, _WRITE = "network:floating_ips:get:forwardings", "network:floating_ips:update:forwardings"

RULES = (
    policy.DocumentedRuleDefault(
        _READ, "rule:project_reader or rule:system_reader", "List and show what is forwarded from floating addresses",
        [{"method": "GET", "path": _ALL}, {"method": "GET", "path": _ONE}]),
    policy.DocumentedRuleDefault(
        _WRITE, "rule:project_member", "Forward ports of floating addresses",
        [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}, {"method": "DELETE", "path": _ONE}]),
)

ROUTES = (
    Route("GET", _ALL, handlers.index, policy=_READ, query=(*SPECIAL, *handlers.ATTRIBUTES)),
    Route("POST", _ALL, handlers.create, policy=_WRITE, status=201, body=schema.CREATE),
    Route("GET", _ONE, handlers.show, policy=_READ, query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy=_WRITE, body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_WRITE, status=204),
)
