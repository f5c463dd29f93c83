"""Routes of hosts by the names of the first API."""

from cumulo.api.compute.hosts import handlers
from cumulo.api.wsgi.route import Route

_ALL, _ONE, _LAST, _RULE = "/os-hosts", "/os-hosts/{host_name}", "2.42", "compute:hosts:manage"
_UPDATE = {"type": "object", "required": ["status"], "additionalProperties": False, "properties": {
    "status": {"enum": ["enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE"]}}}

ROUTES = (
    Route("GET", _ALL, handlers.list_hosts, policy=_RULE, until=_LAST, query=("zone", "service")),
    Route("GET", _ONE, handlers.show, policy=_RULE, until=_LAST),
    Route("PUT", _ONE, handlers.update, policy=_RULE, until=_LAST, body=_UPDATE),
)
