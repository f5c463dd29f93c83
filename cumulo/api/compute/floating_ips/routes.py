"""Routes of floating addresses, under the rules of the network API."""

from cumulo.api.compute.floating_ips import handlers
from cumulo.api.wsgi.route import Route

_ALL, _ONE, _LAST = "/os-floating-ips", "/os-floating-ips/{floatingip_id}", "2.35"
_GET, _CREATE, _DELETE = (f"network:floating_ips:{name}" for name in ("get", "create", "delete"))
_BODY = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "pool": {"type": ["string", "null"], "maxLength": 255}}}

ROUTES = (
    Route("GET", "/os-floating-ip-pools", handlers.list_pools, policy="network:networks:get", until=_LAST),
    Route("GET", _ALL, handlers.list_addresses, policy=_GET, until=_LAST),
    Route("POST", _ALL, handlers.allocate, policy=_CREATE, until=_LAST, body=_BODY),
    Route("GET", _ONE, handlers.show, policy=_GET, until=_LAST),
    Route("DELETE", _ONE, handlers.release, policy=_DELETE, until=_LAST, status=202),
)
