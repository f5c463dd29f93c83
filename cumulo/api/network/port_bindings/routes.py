"""Routes, rules and bodies of bindings of ports."""

from oslo_policy import policy

from cumulo.api.network.collection import SPECIAL
from cumulo.api.network.fields import NAME, attributes
from cumulo.api.network.port_bindings import handlers
from cumulo.api.network.resource import schema_update
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/ports/{port_id}/bindings"
_ONE = "/v2.0/ports/{port_id}/bindings/{host_name}"
_ACTIVATE = f"{_ONE}/activate"
_GET, _CHANGE = "network:port_bindings:get", "network:port_bindings:change"
_SAID = {"vnic_type": {"enum": ["normal"]}, "profile": {"type": ["object", "null"]}}
_CREATE = schema_update("binding", attributes({**_SAID, "host": NAME | {"minLength": 1}}, ("host",)))
_UPDATE = schema_update("binding", attributes(_SAID))

RULES = (
    policy.DocumentedRuleDefault(_GET, "rule:admin_required or rule:service", "See the hosts that ports are bound to",
                                 [{"method": "GET", "path": _ALL}]),
    policy.DocumentedRuleDefault(_CHANGE, "rule:admin_required or rule:service", "Let ports move between hosts", [
        {"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}, {"method": "DELETE", "path": _ONE},
        {"method": "PUT", "path": _ACTIVATE}]),
)

ROUTES = (
    Route("GET", _ALL, handlers.index, policy=_GET, query=(*SPECIAL, *handlers.ATTRIBUTES)),
    Route("POST", _ALL, handlers.create, policy=_CHANGE, status=201, body=_CREATE),
    Route("PUT", _ONE, handlers.update, policy=_CHANGE, body=_UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy=_CHANGE, status=204),
    Route("PUT", _ACTIVATE, handlers.activate, policy=_CHANGE),
)
