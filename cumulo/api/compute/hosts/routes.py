"""Routes of hosts by the names of the first API."""

from cumulo.api.compute.hosts import handlers
from cumulo.api.wsgi.route import Route

_ALL, _ONE, _LAST, _RULE = "/os-hosts", "/os-hosts/{host_name}", "2.42", "compute:hosts:manage"
_SWITCH = {"enum": ["enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE"]}
_UPDATE = {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": {
    "status": _SWITCH, "maintenance_mode": _SWITCH}}

ROUTES = (
    Route("GET", _ALL, handlers.list_hosts, policy=_RULE, until=_LAST, query=("zone", "service")),
    Route("GET", _ONE, handlers.show, policy=_RULE, until=_LAST),
    *(Route("GET", f"{_ONE}/{action}", handlers.power, policy="compute:hosts:power", until=_LAST)
      for action in ("reboot", "shutdown", "startup")),
    Route("PUT", _ONE, handlers.update, policy=_RULE, until=_LAST, body=_UPDATE),
)
